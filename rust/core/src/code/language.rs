//! The languages: one row each, nothing more. A row says which grammar reads it, by which names its files go, and which
//! kinds of nodes are functions, containers, imports and comments.

use tree_sitter_language::LanguageFn;

/// A language whose grammar is compiled in.
pub struct Language {
    /// As a caller may name it.
    pub name: &'static str,
    pub grammar: LanguageFn,
    pub extensions: &'static [&'static str],
    /// Programs that a first line `#!…` names.
    pub shebangs: &'static [&'static str],
    /// Kinds that keep their head and drop their body.
    pub functions: &'static [&'static str],
    /// Kinds of a function's body, where no field says which child that is.
    pub bodies: &'static [&'static str],
    /// Kinds whose members are looked at one by one: classes, modules, the file itself.
    pub containers: &'static [&'static str],
    /// Kinds of statements that are shown in a function's body where they name a structure (`const x = {`).
    pub structures: &'static [&'static str],
    /// Kinds that say what the file uses.
    pub imports: &'static [&'static str],
    pub comments: &'static [&'static str],
    /// Whether a string that stands first in a body describes what it stands in.
    pub has_docstrings: bool,
    /// Beginnings of lines that tell the language from others, where no path does.
    pub signs: &'static [&'static str],
}

const SCRIPT_FUNCTIONS: &[&str] = &[
    "function_declaration",
    "generator_function_declaration",
    "method_definition",
    "arrow_function",
    "function_expression",
    "generator_function",
    "class_static_block",
];
const SCRIPT_CONTAINERS: &[&str] = &[
    "program",
    "class_declaration",
    "abstract_class_declaration",
    "class",
    "interface_declaration",
    "enum_declaration",
    "internal_module",
    "module",
    "type_alias_declaration",
];
const C_CONTAINERS: &[&str] = &[
    "translation_unit",
    "preproc_if",
    "preproc_ifdef",
    "preproc_else",
    "preproc_elif",
    "struct_specifier",
    "union_specifier",
    "enum_specifier",
    "class_specifier",
    "namespace_definition",
    "linkage_specification",
    "template_declaration",
    "type_definition",
];

/// Every language, in the order in which equals are preferred.
pub static LANGUAGES: [Language; 15] = [
    Language {
        name: "python",
        grammar: tree_sitter_python::LANGUAGE,
        extensions: &["py", "pyi", "pyw"],
        shebangs: &["python", "python3", "python2"],
        functions: &["function_definition"],
        bodies: &["block"],
        containers: &["module", "class_definition"],
        structures: &[],
        imports: &["import_statement", "import_from_statement", "future_import_statement"],
        comments: &["comment"],
        has_docstrings: true,
        signs: &["def ", "class ", "import ", "from ", "elif ", "@", "if __name__", "self.", "async def ", "except "],
    },
    Language {
        name: "javascript",
        grammar: tree_sitter_javascript::LANGUAGE,
        extensions: &["js", "jsx", "mjs", "cjs"],
        shebangs: &["node"],
        functions: SCRIPT_FUNCTIONS,
        bodies: &["statement_block"],
        containers: SCRIPT_CONTAINERS,
        structures: &["lexical_declaration", "variable_declaration"],
        imports: &["import_statement"],
        comments: &["comment"],
        has_docstrings: false,
        signs: &[
            "function ", "const ", "var ", "let ", "export ", "module.exports", "import ", "'use strict'", "});",
            "async function ", "exports.", "this.",
        ],
    },
    Language {
        name: "typescript",
        grammar: tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        extensions: &["ts", "mts", "cts"],
        shebangs: &["deno", "ts-node", "tsx"],
        functions: SCRIPT_FUNCTIONS,
        bodies: &["statement_block"],
        containers: SCRIPT_CONTAINERS,
        structures: &["lexical_declaration", "variable_declaration"],
        imports: &["import_statement"],
        comments: &["comment"],
        has_docstrings: false,
        signs: &[
            "interface ", "export interface ", "export type ", "type ", "import type ", "private ", "readonly ",
            "export const ", "export function ", "export class ", "import {", "declare ", "const ", "export ",
        ],
    },
    Language {
        name: "tsx",
        grammar: tree_sitter_typescript::LANGUAGE_TSX,
        extensions: &["tsx"],
        shebangs: &[],
        functions: SCRIPT_FUNCTIONS,
        bodies: &["statement_block"],
        containers: SCRIPT_CONTAINERS,
        structures: &["lexical_declaration", "variable_declaration"],
        imports: &["import_statement"],
        comments: &["comment"],
        has_docstrings: false,
        signs: &[],
    },
    Language {
        name: "go",
        grammar: tree_sitter_go::LANGUAGE,
        extensions: &["go"],
        shebangs: &[],
        functions: &["function_declaration", "method_declaration", "func_literal"],
        bodies: &["block"],
        containers: &[
            "source_file", "type_declaration", "type_spec", "struct_type", "interface_type", "const_declaration",
            "var_declaration",
        ],
        structures: &[],
        imports: &["import_declaration", "package_clause"],
        comments: &["comment"],
        has_docstrings: false,
        signs: &["package ", "func ", "import (", "type ", "if err != nil", "defer ", "return ", "var ", "const ("],
    },
    Language {
        name: "rust",
        grammar: tree_sitter_rust::LANGUAGE,
        extensions: &["rs"],
        shebangs: &[],
        functions: &["function_item", "closure_expression", "macro_definition"],
        bodies: &["block"],
        containers: &[
            "source_file", "impl_item", "trait_item", "mod_item", "struct_item", "enum_item", "union_item",
            "foreign_mod_item",
        ],
        structures: &[],
        imports: &["use_declaration", "extern_crate_declaration"],
        comments: &["line_comment", "block_comment"],
        has_docstrings: false,
        signs: &[
            "fn ", "pub fn ", "impl ", "impl<", "use ", "pub use ", "let ", "mod ", "pub struct ", "struct ", "#[",
            "match ", "pub enum ", "enum ", "///", "pub mod ", "trait ", "//!",
        ],
    },
    Language {
        name: "java",
        grammar: tree_sitter_java::LANGUAGE,
        extensions: &["java"],
        shebangs: &[],
        functions: &[
            "method_declaration", "constructor_declaration", "compact_constructor_declaration", "static_initializer",
            "lambda_expression",
        ],
        bodies: &["block", "constructor_body"],
        containers: &[
            "program", "class_declaration", "interface_declaration", "enum_declaration", "record_declaration",
            "annotation_type_declaration", "class_body", "enum_body_declarations",
        ],
        structures: &[],
        imports: &["import_declaration", "package_declaration"],
        comments: &["line_comment", "block_comment"],
        has_docstrings: false,
        signs: &[
            "import java", "package ", "public class ", "private ", "public ", "protected ", "@Override", "import org.",
            "import com.", "final ",
        ],
    },
    Language {
        name: "c",
        grammar: tree_sitter_c::LANGUAGE,
        extensions: &["c"],
        shebangs: &[],
        functions: &["function_definition"],
        bodies: &["compound_statement"],
        containers: C_CONTAINERS,
        structures: &[],
        imports: &["preproc_include"],
        comments: &["comment"],
        has_docstrings: false,
        signs: &["#include ", "#define ", "static ", "struct ", "typedef ", "#if", "int ", "void ", "#endif", "char "],
    },
    Language {
        name: "cpp",
        grammar: tree_sitter_cpp::LANGUAGE,
        extensions: &["cpp", "cc", "cxx", "hpp", "hh", "hxx", "h", "ipp", "inl", "cu", "cuh", "ino"],
        shebangs: &[],
        functions: &["function_definition", "lambda_expression", "inline_method_definition"],
        bodies: &["compound_statement"],
        containers: C_CONTAINERS,
        structures: &[],
        imports: &["preproc_include", "using_declaration"],
        comments: &["comment"],
        has_docstrings: false,
        signs: &[
            "#include <", "namespace ", "template <", "template<", "using ", "class ", "std::", "public:", "private:",
            "virtual ", "const auto", "auto ", "#include ", "constexpr ",
        ],
    },
    Language {
        name: "csharp",
        grammar: tree_sitter_c_sharp::LANGUAGE,
        extensions: &["cs", "csx"],
        shebangs: &[],
        functions: &[
            "method_declaration", "constructor_declaration", "destructor_declaration", "operator_declaration",
            "conversion_operator_declaration", "accessor_declaration", "local_function_statement",
            "lambda_expression", "anonymous_method_expression",
        ],
        bodies: &["block", "arrow_expression_clause"],
        containers: &[
            "compilation_unit", "namespace_declaration", "file_scoped_namespace_declaration", "class_declaration",
            "struct_declaration", "interface_declaration", "enum_declaration", "record_declaration",
            "property_declaration", "indexer_declaration", "event_declaration", "preproc_if",
        ],
        structures: &[],
        imports: &["using_directive", "extern_alias_directive"],
        comments: &["comment"],
        has_docstrings: false,
        signs: &[
            "using System", "using ", "namespace ", "public class ", "private ", "public ", "internal ", "/// <",
            "protected ", "[", "var ", "#region",
        ],
    },
    Language {
        name: "ruby",
        grammar: tree_sitter_ruby::LANGUAGE,
        extensions: &["rb", "rake", "gemspec", "ru"],
        shebangs: &["ruby"],
        functions: &["method", "singleton_method", "lambda"],
        bodies: &["body_statement"],
        containers: &["program", "class", "module", "singleton_class"],
        structures: &[],
        imports: &[],
        comments: &["comment"],
        has_docstrings: false,
        signs: &[
            "def ", "end", "require '", "require \"", "module ", "class ", "attr_", "include ", "unless ", "elsif ",
            "rescue ", "do |", "describe ",
        ],
    },
    Language {
        name: "php",
        grammar: tree_sitter_php::LANGUAGE_PHP,
        extensions: &["php", "phtml"],
        shebangs: &["php"],
        functions: &["function_definition", "method_declaration", "anonymous_function", "arrow_function"],
        bodies: &["compound_statement"],
        containers: &[
            "program", "class_declaration", "interface_declaration", "trait_declaration", "enum_declaration",
            "namespace_definition", "anonymous_class",
        ],
        structures: &[],
        imports: &["namespace_use_declaration", "use_declaration"],
        comments: &["comment"],
        has_docstrings: false,
        signs: &["<?php", "namespace ", "use ", "$", "public function ", "private function ", "protected function "],
    },
    Language {
        name: "kotlin",
        grammar: tree_sitter_kotlin_ng::LANGUAGE,
        extensions: &["kt", "kts"],
        shebangs: &["kotlin"],
        functions: &[
            "function_declaration", "secondary_constructor", "anonymous_initializer", "getter", "setter",
            "lambda_literal", "anonymous_function",
        ],
        bodies: &["function_body", "block"],
        containers: &[
            "source_file", "class_declaration", "object_declaration", "companion_object", "property_declaration",
        ],
        structures: &[],
        imports: &["import", "package_header"],
        comments: &["line_comment", "block_comment"],
        has_docstrings: false,
        signs: &[
            "fun ", "val ", "package ", "import ", "data class ", "override fun ", "private fun ", "class ", "object ",
            "internal ", "private val ",
        ],
    },
    Language {
        name: "swift",
        grammar: tree_sitter_swift::LANGUAGE,
        extensions: &["swift"],
        shebangs: &["swift"],
        functions: &[
            "function_declaration", "init_declaration", "deinit_declaration", "subscript_declaration",
            "computed_property", "lambda_literal",
        ],
        bodies: &["function_body", "computed_property"],
        containers: &["source_file", "class_declaration", "protocol_declaration", "property_declaration"],
        structures: &[],
        imports: &["import_declaration"],
        comments: &["comment", "multiline_comment"],
        has_docstrings: false,
        signs: &[
            "import Foundation", "func ", "guard ", "extension ", "public func ", "private func ", "let ", "struct ",
            "public struct ", "protocol ", "init(", "import ", "override func ",
        ],
    },
    Language {
        name: "bash",
        grammar: tree_sitter_bash::LANGUAGE,
        extensions: &["sh", "bash", "zsh", "ksh", "bats"],
        shebangs: &["bash", "sh", "zsh", "dash", "ksh"],
        functions: &["function_definition"],
        bodies: &["compound_statement"],
        containers: &["program"],
        structures: &[],
        imports: &[],
        comments: &["comment"],
        has_docstrings: false,
        signs: &["fi", "done", "esac", "then", "if [", "echo ", "export ", "local ", "set -", "for ", "function "],
    },
];

/// Extensions of languages without a grammar here: read by their indentation and brackets.
pub const OTHERS: [&str; 62] = [
    "lua", "pl", "pm", "t", "scala", "sc", "sql", "r", "jl", "hs", "ml", "mli", "fs", "fsx", "ex", "exs", "erl", "hrl",
    "clj", "cljs", "dart", "groovy", "gradle", "zig", "nim", "v", "sv", "vhd", "vhdl", "f90", "f95", "f", "pas", "pp",
    "m", "mm", "vb", "bas", "ps1", "psm1", "tcl", "lisp", "el", "scm", "rkt", "vim", "proto", "sol", "cmake", "fish",
    "awk", "asm", "s", "d", "cr", "vue", "svelte", "tf", "hcl", "coffee", "glsl", "wgsl",
];

/// The language of files with this extension, in lower case.
pub fn of_extension(extension: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.extensions.contains(&extension))
}

/// The language of this name.
pub fn named(name: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.name == name)
}

/// The language of the program that a first line `#!/usr/bin/env name` runs.
pub fn of_shebang(line: &str) -> Option<&'static Language> {
    let command = line.strip_prefix("#!")?;
    command.split_ascii_whitespace().take(3).find_map(|part| {
        let program = part.rsplit('/').next().unwrap_or(part).trim_end_matches(|last: char| last.is_ascii_digit() || last == '.');
        LANGUAGES.iter().find(|language| language.shebangs.contains(&program))
    })
}
