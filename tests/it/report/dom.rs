//! A page as a browser reads it, flat: every element with its attributes and its text.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// An element, with all the text in it.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
}

/// A page that was read.
#[derive(Debug)]
pub(super) struct Dom {
    /// The elements, in the order of the page.
    pub(super) elements: Vec<Element>,
    /// Where the reader had to guess.
    pub(super) errors: Vec<String>,
    /// What is neither an element nor a text.
    pub(super) others: usize,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Dom {
    pub(super) fn read(page: &str) -> Self {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(page);
        let errors = dom.errors.borrow().iter().map(ToString::to_string).collect();
        let mut read = Self { elements: Vec::new(), errors, others: 0 };
        read.walk(&dom.document);
        read
    }

    /// The elements of a name.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    /// All the text in a node, which is gone through.
    fn walk(&mut self, node: &Handle) -> String {
        let at = self.elements.len();
        match &node.data {
            NodeData::Text { contents } => return contents.borrow().to_string(),
            NodeData::Element { name, attrs, .. } => {
                let attributes = attrs.borrow();
                let attributes = attributes.iter().map(|it| (it.name.local.to_string(), it.value.to_string()));
                let (name, attributes) = (name.local.to_string(), attributes.collect());
                self.elements.push(Element { name, attributes, text: String::new() });
            }
            NodeData::Comment { .. } | NodeData::ProcessingInstruction { .. } => self.others += 1,
            NodeData::Document | NodeData::Doctype { .. } => {}
        }
        let text: String = node.children.borrow().iter().map(|child| self.walk(child)).collect();
        if let Some(element) = self.elements.get_mut(at).filter(|_| matches!(node.data, NodeData::Element { .. })) {
            element.text.clone_from(&text);
        }
        text
    }
}
