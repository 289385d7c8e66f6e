"""Orders that were placed elsewhere, brought in as they were.

What they cost is what the other system says; here it is only checked, and shared among sellers: a line is
its product's seller's, or, where its product is unknown here, the seller's whose store room it left. Nothing
of an import is in the ledger. Its commission is frozen by the rules of the day on which it was placed, so
that a parcel of it that is delivered here later is booked like any other.
"""
