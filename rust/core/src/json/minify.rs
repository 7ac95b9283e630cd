//! A tree in, canonical minified JSON out: the form that `expand` gives back and that a lossless
//! form is compared with. Strings get the fewest escapes; numbers, key order and duplicates stay.

use super::parse::{Kind, Tree};
use super::string;

/// Writes the subtree at `index`; iterative, so depth costs no stack.
pub fn subtree(tree: &Tree, index: u32, out: &mut Vec<u8>) {
    let mut open: Vec<(u32, u8)> = Vec::new();
    let mut at = index;
    let end = tree.node(index).skip;
    while at < end {
        let node = tree.node(at);
        if at != index {
            if node.parent + 1 != at {
                out.push(b',');
            }
            if node.key_hash != 0 {
                string::canonical(tree.key(at), node.key_escaped, out);
                out.push(b':');
            }
        }
        let mut next = at + 1;
        match node.kind {
            Kind::Array | Kind::Object => {
                let (left, right) = if node.kind == Kind::Array { (b'[', b']') } else { (b'{', b'}') };
                out.push(left);
                open.push((node.skip, right));
            }
            Kind::String | Kind::Embedded => {
                string::canonical(tree.raw(at), node.escaped, out);
                next = node.skip;
            }
            _ => out.extend_from_slice(tree.raw(at)),
        }
        at = next;
        while let Some(&(skip, right)) = open.last() {
            if skip != at {
                break;
            }
            out.push(right);
            open.pop();
        }
    }
}

/// Writes the whole text: documents of a sequence on lines of their own, the rest of a text that
/// was cut off as it came.
pub fn document(tree: &Tree) -> Vec<u8> {
    let mut out = Vec::with_capacity(tree.source.len());
    if tree.is_sequence {
        for (ordinal, child) in tree.children(0).enumerate() {
            if ordinal > 0 {
                out.push(b'\n');
            }
            subtree(tree, child, &mut out);
        }
    } else {
        subtree(tree, 0, &mut out);
    }
    finish_cut(tree, &mut out);
    out
}

/// Takes back the brackets that a cut text never closed, and adds its raw rest.
pub fn finish_cut(tree: &Tree, out: &mut Vec<u8>) {
    if let Some((levels, tail)) = &tree.cut {
        out.truncate(out.len() - *levels as usize);
        out.extend_from_slice(tail.as_bytes());
    }
}
