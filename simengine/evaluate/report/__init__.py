"""Reports: one document as a self-contained page, as Markdown, as JSON and as pictures."""
