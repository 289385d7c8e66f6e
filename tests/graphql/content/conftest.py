"""What tests of pages' mutations ask for."""

from tests.graphql.catalog.conftest import heard

__all__ = ["heard"]
