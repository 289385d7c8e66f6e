"""Triggers that keep what lists ask of store rooms (`inventory.summaries`)."""

PIECES_CHANGED = """
CREATE OR REPLACE FUNCTION inventory_pieces_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
-- Variants in their order: of two who change the same ones, one waits for the other.
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO variant_pieces AS kept (variant_id, product_id, quantity, shelves)
        SELECT v.id, v.product_id, sum(a.quantity), count(*)
        FROM after a JOIN product_variant v ON v.id = a.variant_id
        GROUP BY v.id ORDER BY v.id
        ON CONFLICT (variant_id) DO UPDATE
        SET quantity = kept.quantity + excluded.quantity, shelves = kept.shelves + excluded.shelves;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO variant_pieces AS kept (variant_id, product_id, quantity, shelves)
        SELECT v.id, v.product_id, sum(change.quantity), sum(change.shelves)
        FROM (
            SELECT variant_id, quantity, 1 AS shelves FROM after
            UNION ALL SELECT variant_id, -quantity, -1 FROM before) AS change
        JOIN product_variant v ON v.id = change.variant_id
        GROUP BY v.id HAVING sum(change.quantity) <> 0 OR sum(change.shelves) <> 0 ORDER BY v.id
        ON CONFLICT (variant_id) DO UPDATE
        SET quantity = kept.quantity + excluded.quantity, shelves = kept.shelves + excluded.shelves;
    ELSE
        -- Where a variant goes, its pieces went with it.
        UPDATE variant_pieces kept
        SET quantity = kept.quantity - gone.quantity, shelves = kept.shelves - gone.shelves
        FROM (SELECT variant_id, sum(quantity) AS quantity, count(*) AS shelves FROM before
            GROUP BY variant_id) AS gone
        WHERE kept.variant_id = gone.variant_id;
    END IF;
    RETURN NULL;
END
$$
"""

PIECES_TRIGGERS = [
    f"""
CREATE OR REPLACE TRIGGER stock_pieces_{name} AFTER {name} ON stock
REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION inventory_pieces_changed()
"""
    for name, tables in (
        ("insert", "NEW TABLE AS after"),
        ("update", "OLD TABLE AS before NEW TABLE AS after"),
        ("delete", "OLD TABLE AS before"),
    )
]

SHELF_EMPTY = """
CREATE OR REPLACE FUNCTION inventory_shelf_empty() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_maybe_sold_out (product_id)
    SELECT v.product_id FROM product_variant v WHERE v.id = OLD.variant_id;
    RETURN NULL;
END
$$
"""

PRODUCT_MAYBE_SOLD_OUT = """
CREATE OR REPLACE FUNCTION inventory_product_maybe_sold_out() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'product' THEN
        INSERT INTO product_maybe_sold_out (product_id) VALUES (NEW.id);
    ELSE
        INSERT INTO product_maybe_sold_out (product_id) SELECT id FROM product WHERE id = OLD.product_id;
    END IF;
    RETURN NULL;
END
$$
"""

# A sale that leaves pieces on its shelf runs none of these.
MAYBE_SOLD_OUT_TRIGGERS = [
    """
CREATE OR REPLACE TRIGGER stock_empty AFTER UPDATE ON stock FOR EACH ROW
WHEN (OLD.quantity > OLD.quantity_allocated
    AND (NEW.quantity <= NEW.quantity_allocated OR OLD.variant_id <> NEW.variant_id))
EXECUTE FUNCTION inventory_shelf_empty()
""",
    """
CREATE OR REPLACE TRIGGER stock_gone AFTER DELETE ON stock FOR EACH ROW
WHEN (OLD.quantity > OLD.quantity_allocated) EXECUTE FUNCTION inventory_shelf_empty()
""",
    """
CREATE OR REPLACE TRIGGER product_maybe_sold_out AFTER INSERT ON product FOR EACH ROW
EXECUTE FUNCTION inventory_product_maybe_sold_out()
""",
    """
CREATE OR REPLACE TRIGGER variant_gone AFTER DELETE ON product_variant FOR EACH ROW
EXECUTE FUNCTION inventory_product_maybe_sold_out()
""",
    """
CREATE OR REPLACE TRIGGER variant_counted AFTER UPDATE OF track_inventory ON product_variant FOR EACH ROW
WHEN (NEW.track_inventory AND NOT OLD.track_inventory) EXECUTE FUNCTION inventory_product_maybe_sold_out()
""",
]

# For a shop that was there before: all products may be sold out, until a job has looked.
FILLED = [
    """
INSERT INTO product_maybe_sold_out (product_id)
SELECT id FROM product WHERE NOT EXISTS (SELECT FROM product_maybe_sold_out)
""",
    """
INSERT INTO variant_pieces (variant_id, product_id, quantity, shelves)
SELECT v.id, v.product_id, sum(s.quantity), count(*)
FROM stock s JOIN product_variant v ON v.id = s.variant_id
GROUP BY v.id ON CONFLICT (variant_id) DO NOTHING
""",
]

STATEMENTS = [
    PIECES_CHANGED,
    *PIECES_TRIGGERS,
    SHELF_EMPTY,
    PRODUCT_MAYBE_SOLD_OUT,
    *MAYBE_SOLD_OUT_TRIGGERS,
    *FILLED,
]
"""Run once all tables are there: by the migration, and where tests make the tables themselves."""
