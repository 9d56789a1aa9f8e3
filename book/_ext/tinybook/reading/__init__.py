"""From percent files to chapters: everything here runs while the book is built, and never in the browser."""
