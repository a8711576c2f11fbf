//! How many slots were free before an act and after it: by this the history knows when clients were admitted again.

use super::{Deed, Record};
use crate::decide::history::Slots;

impl Record {
    /// Says how the slots stand after acting.
    pub fn slots(
        &mut self,
        deed: &Deed<'_>,
        reason: Option<&str>,
        slots: Slots,
    ) -> Result<(), String> {
        let slots = serde_json::to_value(slots).map_err(|error| error.to_string())?;
        let mut line = self.line(deed, reason, "slots");
        line.insert("slots".to_owned(), slots);
        self.append(&[line.into()])
    }
}
