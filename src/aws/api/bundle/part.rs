//! One packed text of the bundle.

use flate2::{Decompress, FlushDecompress, Status};

/// Where a text is, and how long it is. The packed bytes are raw DEFLATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    packed: &'static [u8],
    length: usize,
}

impl Part {
    /// Reads `OFFSET,PACKED,LENGTH`. `None` when it is not of that form, or lies outside the bundle.
    pub(super) fn parse(place: &str, parts: &'static [u8]) -> Option<Self> {
        let mut numbers = place.split(',').map(|number| number.parse::<usize>().ok());
        let (offset, packed, length) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let packed = parts.get(offset..offset.checked_add(packed)?)?;
        numbers.next().is_none().then_some(Self { packed, length })
    }

    /// The text. It is never longer than the index says. The error says what is wrong with the packed bytes.
    pub(super) fn unpack(self) -> Result<String, String> {
        let mut plain = Vec::with_capacity(self.length);
        let status = Decompress::new(false)
            .decompress_vec(self.packed, &mut plain, FlushDecompress::Finish)
            .map_err(|error| error.to_string())?;
        if status != Status::StreamEnd || plain.len() != self.length {
            return Err(format!("it has {} bytes instead of {}", plain.len(), self.length));
        }
        String::from_utf8(plain).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    /// A stored block: `hello`.
    const HELLO: &[u8] = b"\x01\x05\x00\xfa\xffhello";

    #[test]
    fn a_part_gives_its_text() {
        let part = Part::parse("0,10,5", HELLO).unwrap();
        assert_eq!(part.unpack().unwrap(), "hello");
    }

    #[test]
    fn a_part_that_is_not_as_long_as_the_index_says_is_refused() {
        for place in ["0,10,4", "0,10,6", "0,9,5", "1,9,5", "0,0,0"] {
            assert!(Part::parse(place, HELLO).unwrap().unpack().is_err(), "{place}");
        }
    }

    #[test]
    fn a_place_outside_the_bundle_is_none() {
        let far = format!("{},2,1", usize::MAX);
        for place in ["0,11,5", "11,1,5", &far, "0,10", "0,10,5,1", "-", "", "a,b,c"] {
            assert_eq!(Part::parse(place, HELLO), None, "{place}");
        }
    }
}
