const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** What a migration may call of Alembic, each as a statement of its own. What it does stands in the printed SQL, all of it. */
export const OPERATIONS = words(
  `create_table drop_table rename_table add_column drop_column alter_column create_index drop_index create_foreign_key
create_primary_key create_unique_constraint create_check_constraint create_exclude_constraint drop_constraint
create_table_comment drop_table_comment execute bulk_insert`,
);

/** The same, of a table in `with op.batch_alter_table(…)`. */
export const BATCH_OPERATIONS = words(
  `add_column drop_column alter_column create_index drop_index create_foreign_key create_primary_key create_unique_constraint
create_check_constraint create_exclude_constraint drop_constraint create_table_comment drop_table_comment`,
);

/** Values that describe a schema or a statement, and do nothing by themselves. */
export const DESCRIPTIONS = words(
  `Column ForeignKey ForeignKeyConstraint PrimaryKeyConstraint UniqueConstraint CheckConstraint Identity Computed text literal
literal_column true false null table column and_ or_ not_ cast case select insert update delete Integer BigInteger SmallInteger
String Text Unicode UnicodeText Boolean Date DateTime Time Interval Numeric Float Double LargeBinary JSON Enum Uuid UUID ARRAY
TIMESTAMP VARCHAR NVARCHAR CHAR TEXT INTEGER INT BIGINT SMALLINT NUMERIC DECIMAL REAL FLOAT DOUBLE DOUBLE_PRECISION BOOLEAN DATE
DATETIME TIME BLOB BINARY VARBINARY`,
);

/** The same, of PostgreSQL's own. */
export const POSTGRES_DESCRIPTIONS = words(
  `UUID JSONB JSON ARRAY ENUM HSTORE INET CIDR MACADDR BYTEA TIMESTAMP INTERVAL TSVECTOR TSQUERY INT4RANGE INT8RANGE NUMRANGE
TSRANGE TSTZRANGE DATERANGE DOUBLE_PRECISION VARCHAR TEXT CITEXT INTEGER BIGINT SMALLINT BOOLEAN NUMERIC REAL FLOAT DATE TIME
CHAR BIT OID MONEY ExcludeConstraint`,
);

/** What may be asked of such a value. */
export const METHODS = words(
  `insert update delete values where bindparams from_select select_from is_ is_not isnot is_distinct_from in_ not_in notin_ like
ilike asc desc label`,
);

/** Modules whose names only stand in types, which no statement can use. */
export const TYPING = words('typing typing_extensions collections.abc __future__');
