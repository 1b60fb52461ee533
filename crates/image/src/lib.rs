//! OS images: one pass from bytes to slot.
