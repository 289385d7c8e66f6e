"""What the tables of orders alone can't say."""

COUNT_ORDERS = """
CREATE OR REPLACE FUNCTION orders_count_of_user() RETURNS trigger
LANGUAGE plpgsql AS $$
-- How many orders a person has placed: staff's lists of customers are sorted by it.
DECLARE
    before bigint := CASE WHEN TG_OP <> 'INSERT' AND OLD.status <> 'DRAFT' THEN OLD.user_id END;
    after bigint := CASE WHEN TG_OP <> 'DELETE' AND NEW.status <> 'DRAFT' THEN NEW.user_id END;
BEGIN
    IF before IS DISTINCT FROM after THEN
        UPDATE user_account SET number_of_orders = number_of_orders - 1 WHERE id = before;
        UPDATE user_account SET number_of_orders = number_of_orders + 1 WHERE id = after;
    END IF;
    RETURN NULL;
END
$$
"""

COUNT_ORDERS_TRIGGER = """
CREATE OR REPLACE TRIGGER orders_of_user AFTER INSERT OR DELETE OR UPDATE OF user_id, status
ON customer_order FOR EACH ROW EXECUTE FUNCTION orders_count_of_user()
"""

STATEMENTS = [COUNT_ORDERS, COUNT_ORDERS_TRIGGER]
