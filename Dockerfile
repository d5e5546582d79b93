# Two stages: packages are built into /venv with hashes checked, then only /venv and the project go on.
FROM python:3.11-slim AS packages
COPY requirements.txt /
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /requirements.txt

FROM python:3.11-slim
# WeasyPrint draws the certificates' PDF with these.
RUN apt-get update && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 10001 hub && mkdir -p /app /var/hub/media /var/hub/index /var/hub/clock && chown -R hub:hub /app /var/hub
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/hub
WORKDIR /app
COPY --from=packages /venv /venv
COPY --chown=hub:hub . .
USER hub
# The three folders stand in the image so that a new volume over them belongs to hub.
# Catalogues and style sheets are part of the image. The key here is for this step only and is kept nowhere.
RUN python -m scripts.messages && SECRET_KEY=build python manage.py collectstatic --noinput
EXPOSE 8000
# Replaced in docker-compose.yml by the worker, the clock and init.
CMD ["gunicorn", "-c", "config/gunicorn.py", "--bind", "0.0.0.0:8000", "--workers", "3", "config.wsgi"]
