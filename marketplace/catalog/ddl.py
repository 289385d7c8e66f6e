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

STATEMENTS = [
    SEARCH_QUERY,
    PLAIN_TEXT,
    TYPE_NAME_OF_PRODUCT,
    TYPE_RENAMED,
    NAMED_TRIGGER,
    RENAMED_TRIGGER,
]
"""Run once all tables are there: by the migration, and where tests make the tables themselves."""
