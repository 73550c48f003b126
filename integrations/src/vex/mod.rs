//! VEX documents: what we decided about vulnerabilities of a product, for scanners and for customers. Plain values in,
//! documents out; the same values always make the same document.

mod cyclonedx;
mod model;
mod openvex;
mod product;

pub use cyclonedx::cyclonedx;
pub use model::{Document, Justification, Package, Product, Statement, Status};
pub use openvex::openvex;
pub use product::{of_image, of_key, of_package, of_package_in, of_repository};

#[cfg(test)]
mod tests;
