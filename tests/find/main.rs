//! The search: what is found, in which order, and that nothing is missing. Each search is held against a plain scan that
//! knows nothing of the index.

mod beside;
mod days;
mod desk;
mod fresh;
mod long;
mod named;
mod nearby;
mod paging;
mod random;
mod scan;
mod table;
