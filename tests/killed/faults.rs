//! Demo faults.
