//! The elements of HTML that matter here, and how each behaves.

/// An element's name, or that a node is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Tag {
    Root,
    Text,
    Other,
    A,
    Annotation,
    Article,
    Aside,
    B,
    Blockquote,
    Body,
    Br,
    Button,
    Caption,
    Code,
    Dd,
    Del,
    Details,
    Dialog,
    Div,
    Dl,
    Dt,
    Fieldset,
    Figcaption,
    Figure,
    Footer,
    Form,
    H1,
    H2,
    H3,
    H4,
    H5,
    H6,
    Head,
    Header,
    Hr,
    Html,
    I,
    Iframe,
    Img,
    Input,
    Label,
    Li,
    Link,
    Main,
    Math,
    Meta,
    Nav,
    Noscript,
    Object,
    Ol,
    Option,
    P,
    Pre,
    Script,
    Section,
    Select,
    Span,
    Style,
    Sub,
    Summary,
    Sup,
    Svg,
    Table,
    Tbody,
    Td,
    Template,
    Textarea,
    Tfoot,
    Th,
    Thead,
    Title,
    Tr,
    Ul,
    Void,
}

impl Tag {
    pub const COUNT: usize = Tag::Void as usize + 1;

    pub fn named(name: &[u8]) -> Tag {
        let mut lower = [0u8; 10];
        let Some(room) = lower.get_mut(..name.len()) else {
            return if name.eq_ignore_ascii_case(b"figcaption") { Tag::Figcaption } else { Tag::Other };
        };
        room.copy_from_slice(name);
        room.make_ascii_lowercase();
        match &lower[..name.len()] {
            b"a" => Tag::A,
            b"annotation" => Tag::Annotation,
            b"article" => Tag::Article,
            b"aside" => Tag::Aside,
            b"b" | b"strong" => Tag::B,
            b"blockquote" => Tag::Blockquote,
            b"body" => Tag::Body,
            b"br" => Tag::Br,
            b"button" => Tag::Button,
            b"caption" => Tag::Caption,
            b"code" | b"kbd" | b"samp" | b"tt" => Tag::Code,
            b"dd" => Tag::Dd,
            b"del" | b"s" | b"strike" => Tag::Del,
            b"details" => Tag::Details,
            b"dialog" => Tag::Dialog,
            b"div" | b"center" | b"address" | b"hgroup" => Tag::Div,
            b"dl" => Tag::Dl,
            b"dt" => Tag::Dt,
            b"fieldset" => Tag::Fieldset,
            b"figcaption" => Tag::Figcaption,
            b"figure" => Tag::Figure,
            b"footer" => Tag::Footer,
            b"form" => Tag::Form,
            b"h1" => Tag::H1,
            b"h2" => Tag::H2,
            b"h3" => Tag::H3,
            b"h4" => Tag::H4,
            b"h5" => Tag::H5,
            b"h6" => Tag::H6,
            b"head" => Tag::Head,
            b"header" => Tag::Header,
            b"hr" => Tag::Hr,
            b"html" => Tag::Html,
            b"i" | b"em" => Tag::I,
            b"iframe" | b"noembed" | b"noframes" => Tag::Iframe,
            b"img" => Tag::Img,
            b"input" => Tag::Input,
            b"label" => Tag::Label,
            b"li" => Tag::Li,
            b"link" => Tag::Link,
            b"main" => Tag::Main,
            b"math" => Tag::Math,
            b"meta" => Tag::Meta,
            b"nav" => Tag::Nav,
            b"noscript" => Tag::Noscript,
            b"object" | b"video" | b"audio" | b"canvas" => Tag::Object,
            b"ol" => Tag::Ol,
            b"option" => Tag::Option,
            b"p" => Tag::P,
            b"pre" | b"listing" | b"xmp" => Tag::Pre,
            b"script" => Tag::Script,
            b"section" => Tag::Section,
            b"select" => Tag::Select,
            b"span" | b"font" => Tag::Span,
            b"style" => Tag::Style,
            b"sub" => Tag::Sub,
            b"summary" => Tag::Summary,
            b"sup" => Tag::Sup,
            b"svg" => Tag::Svg,
            b"table" => Tag::Table,
            b"tbody" => Tag::Tbody,
            b"td" => Tag::Td,
            b"template" => Tag::Template,
            b"textarea" => Tag::Textarea,
            b"tfoot" => Tag::Tfoot,
            b"th" => Tag::Th,
            b"thead" => Tag::Thead,
            b"title" => Tag::Title,
            b"tr" => Tag::Tr,
            b"ul" | b"menu" | b"dir" => Tag::Ul,
            b"area" | b"base" | b"col" | b"embed" | b"param" | b"source" | b"track" | b"wbr" => Tag::Void,
            _ => Tag::Other,
        }
    }

    /// Elements that never hold anything.
    pub fn is_void(self) -> bool {
        matches!(self, Tag::Br | Tag::Hr | Tag::Img | Tag::Input | Tag::Link | Tag::Meta | Tag::Void)
    }

    /// Elements whose content is text up to their end tag, whatever it looks like.
    pub fn is_raw(self) -> bool {
        matches!(self, Tag::Script | Tag::Style | Tag::Iframe | Tag::Textarea | Tag::Title)
    }

    pub fn heading(self) -> Option<usize> {
        let level = (self as u8).wrapping_sub(Tag::H1 as u8) as usize;
        (level < 6).then_some(level + 1)
    }

    /// Elements within a line of text.
    pub fn is_inline(self) -> bool {
        matches!(
            self,
            Tag::Text
                | Tag::A
                | Tag::B
                | Tag::Code
                | Tag::Del
                | Tag::I
                | Tag::Img
                | Tag::Label
                | Tag::Math
                | Tag::Span
                | Tag::Sub
                | Tag::Sup
                | Tag::Other
                | Tag::Annotation
                | Tag::Button
                | Tag::Void
                | Tag::Input
                | Tag::Svg
        )
    }

    pub fn is_cell(self) -> bool {
        matches!(self, Tag::Td | Tag::Th)
    }

    /// Where the search for the element that an end tag ends stops.
    pub fn is_border(self) -> bool {
        matches!(self, Tag::Td | Tag::Th | Tag::Caption | Tag::Table | Tag::Template | Tag::Button | Tag::Object)
    }

    /// Parts of tables: their end tags look past cells.
    pub fn is_of_table(self) -> bool {
        matches!(self, Tag::Table | Tag::Tbody | Tag::Thead | Tag::Tfoot | Tag::Tr | Tag::Td | Tag::Th | Tag::Caption)
    }
}
