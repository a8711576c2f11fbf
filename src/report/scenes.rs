//! Whole screens compared with what they should be, at 80 columns and without a terminal.
//!
//! Only tests. Every screen is also checked for width, blanks at line ends and escapes.
