//! Every known refusal and what is made of it.
