//! The words of variants: `strum::IntoStaticStr` derives a word from each variant's name, or takes the one beside it.
//!
//! So a word stands once, and is the same on screens, in JSON and in the record.

/// Gives a type that derives `strum::IntoStaticStr` its `name()`, and has serde write that word for the value;
/// with `all`, one that derives `strum::VariantArray` as well, the list of its variants.
macro_rules! words {
    (all $type:ty) => {
        words!($type);

        impl $type {
            /// All of them, in this order.
            pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;
        }
    };
    ($type:ty) => {
        impl $type {
            /// Its word, on screens, in JSON and in the record.
            pub fn name(&self) -> &'static str {
                self.into()
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(
                &self,
                serializer: S,
            ) -> std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}
