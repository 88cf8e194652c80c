"""What is wrong with an installation: checks of the database, the doorbell and Storage, and what mends some of it."""
