"""The database: connections and transactions, what its errors mean, and the commands that prepare it."""
