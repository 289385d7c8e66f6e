"""Listing sheets: how a seller lists many things at once, in the spreadsheet it has anyway."""
