//! VEX documents: what we decided about vulnerabilities of a product, for scanners and for customers, and what others
//! say of theirs. Plain values in, documents out, and the way back; the same values always make the same document.

mod cyclonedx;
mod model;
mod openvex;
mod product;
mod read;

pub use cyclonedx::cyclonedx;
pub use model::{Document, Justification, Package, Product, Statement, Status};
pub use openvex::openvex;
pub use product::{bare, is_package, resources, version_of};
pub use product::{of_image, of_key, of_package, of_package_in, of_repository};
pub use read::{Claim, Received, Said, VexFormat};

#[cfg(test)]
mod tests;
