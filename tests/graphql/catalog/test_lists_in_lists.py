"""Pages below the rows of a page: each row has its own, however deep."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import CollectionProduct
from tests.factories.catalog import make_category, make_collection, make_product, put_on_sale
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask


async def test_each_category_of_a_page_has_its_own_page_of_products(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    names = {}
    for _ in range(3):
        category = await make_category(session)
        product = await make_product(session, category_id=category.id)
        await put_on_sale(session, product.variants[0], channel, 10_00)
        names[category.name] = product.name

    data = await read(
        """query($channel: String!) { categories(first: 10) { edges { node {
          name products(first: 5, channel: $channel) { totalCount edges { node { name } } } } } } }""",
        channel=channel.slug,
    )

    seen = {edge["node"]["name"]: edge["node"]["products"] for edge in data["categories"]["edges"]}
    for category_name, product_name in names.items():
        assert seen[category_name] == {"totalCount": 1, "edges": [{"node": {"name": product_name}}]}


async def test_each_collection_of_a_page_has_its_own_page_of_products(
    session: AsyncSession, read: Ask
) -> None:
    channel = await make_channel(session)
    names = {}
    for number in range(3):
        product = await make_product(session)
        await put_on_sale(session, product.variants[0], channel, 10_00)
        collection = await make_collection(session, channel, name=f"Collection {number}")
        session.add(CollectionProduct(collection_id=collection.id, product_id=product.id))
        names[collection.name] = product.name

    data = await read(
        """query($channel: String!) { collections(first: 10, channel: $channel) { edges { node {
          name products(first: 5) { totalCount edges { node { name } } } } } } }""",
        channel=channel.slug,
    )

    seen = {edge["node"]["name"]: edge["node"]["products"] for edge in data["collections"]["edges"]}
    assert seen == {
        name: {"totalCount": 1, "edges": [{"node": {"name": product}}]} for name, product in names.items()
    }
