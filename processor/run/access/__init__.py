"""What the job's owner may do, and how rows are written under the owner's rights."""
