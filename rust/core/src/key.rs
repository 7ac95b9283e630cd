//! Content keys: short, unforgeable names of stored originals.
//!
//! A key is a keyed BLAKE3 hash (a MAC under the store's secret) over the tenant and the content,
//! written as 11 base-62 characters (65.5 bits). Whoever lacks the secret cannot make a key that a
//! store would accept, so text that merely looks like a key names nothing.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters in a key.
pub const KEY_LENGTH: usize = 11;

/// The key of `content` for `tenant` under `secret`.
pub fn content_key(secret: &[u8; 32], tenant: &str, content: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    hasher.update(&(tenant.len() as u64).to_le_bytes());
    hasher.update(tenant.as_bytes());
    hasher.update(content);
    let mut bytes = [0u8; 16];
    hasher.finalize_xof().fill(&mut bytes);
    let mut number = u128::from_le_bytes(bytes);
    let mut key = [0u8; KEY_LENGTH];
    for slot in &mut key {
        *slot = ALPHABET[(number % 62) as usize];
        number /= 62;
    }
    String::from_utf8_lossy(&key).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_depends_on_secret_tenant_and_content() {
        let keys = [
            content_key(&[1; 32], "a", b"bc"),
            content_key(&[2; 32], "a", b"bc"),
            content_key(&[1; 32], "ab", b"c"),
            content_key(&[1; 32], "a", b"bd"),
        ];
        for (i, left) in keys.iter().enumerate() {
            assert_eq!(left.len(), KEY_LENGTH);
            assert!(left.bytes().all(|b| b.is_ascii_alphanumeric()));
            for right in &keys[i + 1..] {
                assert_ne!(left, right);
            }
        }
    }
}
