"""Many articles: from folders and files of rows to one file of results, streamed, resumable, on all cores or a cluster."""
