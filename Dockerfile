# One image for the API and the workers; what it does is its command.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN pip install --no-cache-dir uv && uv venv /app/.venv
COPY requirements.lock pyproject.toml README.md ./
# What only development needs is left out: the lock says which versions, pyproject.toml says of what.
RUN uv pip compile --quiet --constraint requirements.lock --output-file production.lock pyproject.toml && \
    uv pip sync --python /app/.venv/bin/python production.lock
COPY marketplace marketplace
COPY workers workers
COPY graphql graphql
COPY migrations migrations
COPY storefront_templates storefront_templates
RUN uv pip install --python /app/.venv/bin/python --no-deps --editable .

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 marketplace
WORKDIR /app
COPY --from=build --chown=root:root /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 MARKETPLACE_LOG_FORMAT=json MARKETPLACE_HOST=0.0.0.0 \
    MARKETPLACE_DATA_DIR=/data
RUN mkdir /data && chown marketplace /data
USER marketplace
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/ready', timeout=2)"]
CMD ["marketplace", "serve"]
