use crate::text::{Drafts, Task};

pub fn compress(_task: &Task) -> Drafts {
    Drafts::default()
}

pub fn expand(_text: &str) -> Option<String> {
    None
}
