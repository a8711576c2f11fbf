//! Evidence on its way into a file: [`gather`] looks with every lane that is open, [`save`] writes.
//!
//! For `snapshot`, and for whatever saves the evidence before it acts. Changes nothing on the server.

mod gather;
mod save;

pub use gather::{Found, gather, gather_with};
pub use save::{Place, default_name, save, vacant};
