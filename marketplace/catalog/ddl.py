"""What the catalogue's tables alone can't say."""

SEARCH_QUERY = """
CREATE OR REPLACE FUNCTION catalog_search_query(words text) RETURNS tsquery
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
-- The query for folded words (catalog.words.query_words): all of them, the last one as a beginning.
-- A word that no listing has is read as the commonest one that is one letter off, if there is one.
DECLARE
    given text[] := string_to_array(words, ' ');
    parts text[] := '{}';
    asked text COLLATE "C";
    meant text;
    is_last boolean;
BEGIN
    IF words = '' THEN
        RETURN '!x'::tsquery;  -- No listing has a word of one letter: nothing asked, everything found.
    END IF;
    FOR place IN 1 .. array_length(given, 1) LOOP
        asked := given[place];
        is_last := place = array_length(given, 1);
        meant := NULL;
        IF length(asked) >= 4
            AND NOT EXISTS (SELECT FROM search_word s WHERE s.word = asked)
            AND NOT (is_last AND EXISTS (
                SELECT FROM search_word s WHERE s.word > asked AND s.word < asked || chr(1114111)))
        THEN
            SELECT s.word INTO meant
            FROM search_spelling k JOIN search_word s ON s.word = k.word
            WHERE k.spelling IN (
                SELECT asked UNION
                SELECT left(asked, n - 1) || substr(asked, n + 1) FROM generate_series(1, length(asked)) n)
            ORDER BY (left(s.word, 1) = left(asked, 1)) DESC, s.listings DESC, s.word
            LIMIT 1;
        END IF;
        meant := coalesce(meant, asked);
        parts := parts || CASE
            WHEN NOT is_last THEN meant
            -- Whoever has typed "co" may be about to type "couteau", which is kept as "cuteau".
            WHEN right(meant, 1) = 'o' THEN '(' || meant || ':* | ' || left(meant, -1) || 'u:*)'
            ELSE meant || ':*'
        END;
    END LOOP;
    RETURN array_to_string(parts, ' & ')::tsquery;
END
$$
"""

PLAIN_TEXT = r"""
CREATE OR REPLACE FUNCTION catalog_plain_text(given text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
-- Small letters without accents and vowel signs, Arabic ones in their plainest form.
SELECT translate(
    regexp_replace(
        normalize(lower(given), NFKD),
        '[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]', '', 'g'),
    'œæٱىیةکگڭ', 'oaاييهككك')
$$
"""

TYPE_NAME_OF_PRODUCT = """
CREATE OR REPLACE FUNCTION catalog_type_name_of_product() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    SELECT name INTO NEW.type_name FROM product_type WHERE id = NEW.product_type_id;
    NEW.type_name := coalesce(NEW.type_name, '');  -- The foreign key will complain.
    RETURN NEW;
END
$$
"""

TYPE_RENAMED = """
CREATE OR REPLACE FUNCTION catalog_type_renamed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('marketplace.followed_later', true) = 'on' THEN
        RETURN NULL;  -- A job does it, in batches.
    END IF;
    UPDATE product SET type_name = NEW.name WHERE product_type_id = NEW.id;
    RETURN NULL;
END
$$
"""

NAMED_TRIGGER = """
CREATE OR REPLACE TRIGGER product_type_name BEFORE INSERT OR UPDATE OF product_type_id ON product
FOR EACH ROW EXECUTE FUNCTION catalog_type_name_of_product()
"""

RENAMED_TRIGGER = """
CREATE OR REPLACE TRIGGER product_type_renamed AFTER UPDATE OF name ON product_type
FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION catalog_type_renamed()
"""

SORTED_ANSWER = r"""
CREATE OR REPLACE FUNCTION catalog_sorted_answer(input_type text, given attribute_value) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- A value as a text that sorts as the value does. Numbers: above zero by a constant, of equal length.
SELECT left(CASE input_type
    WHEN 'NUMERIC' THEN
        to_char(greatest(least(given.numeric, 1e15), -1e15) + 1e15, 'FM0000000000000000.000000')
    WHEN 'BOOLEAN' THEN given.boolean::int::text
    WHEN 'DATE' THEN to_char(given.date, 'YYYY-MM-DD')
    WHEN 'DATE_TIME' THEN to_char(given.date_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')
    ELSE given.name END, 100)
$$
"""

SORT_ANSWERS = """
CREATE OR REPLACE FUNCTION catalog_sort_answers(product_ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
-- Keep product_answer_order for some products: what is said now, and no more what was said.
BEGIN
    -- Two who answer for one product at once: the second sees what the first has said.
    PERFORM FROM product p WHERE p.id = ANY (product_ids) ORDER BY p.id FOR NO KEY UPDATE;
    WITH said AS MATERIALIZED (
        SELECT y.product_id, v.attribute_id,
            left(string_agg(catalog_sorted_answer(a.input_type::text, v), ',' ORDER BY v.position, v.id), 300)
                AS words
        FROM product_attribute_value y
        JOIN attribute_value v ON v.id = y.value_id
        JOIN attribute a ON a.id = v.attribute_id
        WHERE y.product_id = ANY (product_ids)
        GROUP BY y.product_id, v.attribute_id
        HAVING count(catalog_sorted_answer(a.input_type::text, v)) > 0),
    gone AS (
        DELETE FROM product_answer_order o
        WHERE o.product_id = ANY (product_ids) AND NOT EXISTS (
            SELECT FROM said WHERE said.product_id = o.product_id AND said.attribute_id = o.attribute_id))
    INSERT INTO product_answer_order (product_id, attribute_id, words)
    SELECT product_id, attribute_id, words FROM said ORDER BY product_id, attribute_id
    ON CONFLICT (product_id, attribute_id) DO UPDATE SET words = excluded.words
    WHERE product_answer_order.words <> excluded.words;
END
$$
"""

ANSWERED = """
CREATE OR REPLACE FUNCTION catalog_answered() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog_sort_answers(ARRAY(SELECT DISTINCT product_id FROM changed));
    RETURN NULL;
END
$$
"""

VALUE_CHANGED = """
CREATE OR REPLACE FUNCTION catalog_value_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('marketplace.followed_later', true) = 'on' THEN
        RETURN NULL;  -- A job does it, in batches.
    END IF;
    PERFORM catalog_sort_answers(ARRAY(
        SELECT DISTINCT y.product_id
        FROM before JOIN after USING (id) JOIN product_attribute_value y ON y.value_id = after.id
        WHERE (before.name, before.numeric, before.boolean, before.date, before.date_time, before.position)
            IS DISTINCT FROM
            (after.name, after.numeric, after.boolean, after.date, after.date_time, after.position)));
    RETURN NULL;
END
$$
"""

ANSWERED_TRIGGERS = [
    f"""
CREATE OR REPLACE TRIGGER product_answers_{name} AFTER {name} ON product_attribute_value
REFERENCING {table} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog_answered()
"""
    for name, table in (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))
]

VALUE_CHANGED_TRIGGER = """
CREATE OR REPLACE TRIGGER attribute_value_changed AFTER UPDATE ON attribute_value
REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION catalog_value_changed()
"""

OWN_VALUES = """
CREATE OR REPLACE FUNCTION catalog_forget_own_values() RETURNS trigger
LANGUAGE plpgsql AS $$
-- What one thing or customer answered for itself goes with the answer; what may be chosen stays in its list.
DECLARE
    own bigint[];
BEGIN
    -- Whoever is about to give one of them keeps it: locked first, looked for by the next statement.
    own := ARRAY(
        SELECT v.id FROM attribute_value v JOIN attribute a ON a.id = v.attribute_id
        WHERE v.id IN (SELECT value_id FROM gone)
            AND a.input_type NOT IN ('DROPDOWN', 'MULTISELECT', 'SWATCH', 'BOOLEAN')
        ORDER BY v.id FOR UPDATE OF v);
    DELETE FROM attribute_value v
    WHERE v.id = ANY (own)
        AND NOT EXISTS (SELECT FROM product_attribute_value y WHERE y.value_id = v.id)
        AND NOT EXISTS (SELECT FROM variant_attribute_value y WHERE y.value_id = v.id)
        AND NOT EXISTS (SELECT FROM page_attribute_value y WHERE y.value_id = v.id)
        AND NOT EXISTS (SELECT FROM user_attribute_value y WHERE y.value_id = v.id);
    RETURN NULL;
END
$$
"""

OWN_VALUES_TRIGGERS = [
    f"""
CREATE OR REPLACE TRIGGER {whose}_answers_gone AFTER DELETE ON {whose}_attribute_value
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION catalog_forget_own_values()
"""
    for whose in ("product", "variant", "page", "user")
]

STATEMENTS = [
    SEARCH_QUERY,
    PLAIN_TEXT,
    TYPE_NAME_OF_PRODUCT,
    TYPE_RENAMED,
    NAMED_TRIGGER,
    RENAMED_TRIGGER,
    SORTED_ANSWER,
    SORT_ANSWERS,
    ANSWERED,
    VALUE_CHANGED,
    *ANSWERED_TRIGGERS,
    VALUE_CHANGED_TRIGGER,
    OWN_VALUES,
    *OWN_VALUES_TRIGGERS,
]
"""Run once all tables are there: by the migration, and where tests make the tables themselves."""
