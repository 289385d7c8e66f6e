"""The competitiveness figures: how each seller's sales stand, and how they have grown.

- A *sale* counts on the day its order was placed (days of UTC, which Morocco and West Africa keep to within
  an hour), from that moment on, unless the order or the seller's part of it is cancelled or refused.
- *Sales* are the goods' price with tax, after discounts, without delivery.
- *Orders* are the seller's parts of orders, *pieces* the units in them.
- *Growth* compares with the period of the same length just before: 0.25 is a quarter more. Without sales
  then, there is none.
- A seller's *category sales* are what all sellers together sold in the root categories in which it sold
  something; its *share* is the part of that which is its own.
- *Rank* 1 sold most in the channel and the period; equal sales, equal rank; without sales, none.
"""
