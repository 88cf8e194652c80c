"""`scripts/release`: what a release consists of, and the steps that check, build, try and publish it."""
