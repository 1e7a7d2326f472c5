"""What readers say of the pairs that a check shows: kept, counted, and turned into rows to train on (extra 'serve').

`marks` holds the records and what several readers' marks come to, `tables` and `store` keep them in SQLite or PostgreSQL, `api` takes them
over HTTP, `rows` writes them as a data set.
"""
