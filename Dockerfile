FROM python:3.13-slim
WORKDIR /app
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE ./
COPY processor processor
COPY supabase supabase
RUN pip install --no-cache-dir . && useradd --system --no-create-home import-jobs
USER import-jobs
ENV IMPORT_JOBS_HOST=0.0.0.0 IMPORT_JOBS_PORT=8080
EXPOSE 8080
CMD ["import-jobs", "serve"]
