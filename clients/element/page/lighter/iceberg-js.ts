/** In place of iceberg-js: the page has no analytics buckets. */
export class IcebergRestCatalog {}
