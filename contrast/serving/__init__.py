"""The page and the JSON API (extra 'serve').

`intake` reads what is sent, `queue` lets one text after the other to the model, which runs in a process of its own (`model_process`),
`kept` holds the reports that have an address, `api` and `pages` answer, `guard` keeps size, time and senders in bounds, and `server` runs
it all.
"""
