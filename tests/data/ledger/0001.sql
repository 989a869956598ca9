-- A store as the first schema kept it.
BEGIN TRANSACTION;
CREATE TABLE actions (
	symbol VARCHAR NOT NULL, 
	day DATE NOT NULL, 
	kind VARCHAR NOT NULL, 
	value FLOAT NOT NULL, 
	fetched DATETIME NOT NULL, 
	PRIMARY KEY (symbol, day, kind)
);
INSERT INTO "actions" VALUES('ACME','2026-02-02','dividend',0.25,'2026-02-27 21:10:00.000000');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE article_symbols (
	symbol VARCHAR NOT NULL, 
	article_id VARCHAR NOT NULL, 
	PRIMARY KEY (symbol, article_id)
);
INSERT INTO "article_symbols" VALUES('ACME','a1');
CREATE TABLE articles (
	id VARCHAR NOT NULL, 
	feed VARCHAR NOT NULL, 
	guid VARCHAR, 
	url VARCHAR NOT NULL, 
	title TEXT NOT NULL, 
	text TEXT NOT NULL, 
	source VARCHAR NOT NULL, 
	published DATETIME, 
	first_seen DATETIME NOT NULL, 
	fetched DATETIME NOT NULL, 
	known_from DATETIME NOT NULL, 
	content_hash VARCHAR NOT NULL, 
	indexed_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "articles" VALUES('a1','https://feeds.test/a','1','https://news.test/1','ACME Sample opens a plant','It will make anvils.','Sample Wire','2026-02-27 15:00:00.000000','2026-02-27 15:00:00.000000','2026-02-27 15:00:00.000000','2026-02-27 15:00:00.000000','0123456789abcdef',NULL);
CREATE TABLE bars (
	symbol VARCHAR NOT NULL, 
	day DATE NOT NULL, 
	revision INTEGER NOT NULL, 
	open FLOAT NOT NULL, 
	high FLOAT NOT NULL, 
	low FLOAT NOT NULL, 
	close FLOAT NOT NULL, 
	volume BIGINT, 
	currency VARCHAR NOT NULL, 
	closed_at DATETIME NOT NULL, 
	source VARCHAR NOT NULL, 
	fetched DATETIME NOT NULL, 
	known_from DATETIME NOT NULL, 
	checksum VARCHAR NOT NULL, 
	indexed_at DATETIME, 
	PRIMARY KEY (symbol, day, revision)
);
INSERT INTO "bars" VALUES('ACME','2026-02-26',0,118.0,121.0,117.0,119.0,1000,'USD','2026-02-26 21:00:00.000000','yahoo','2026-02-27 21:10:00.000000','2026-02-26 21:00:00.000000','fedcba9876543210',NULL);
INSERT INTO "bars" VALUES('ACME','2026-02-27',0,118.0,121.0,117.0,120.0,1000,'USD','2026-02-27 21:00:00.000000','yahoo','2026-02-27 21:10:00.000000','2026-02-27 21:00:00.000000','fedcba9876543210',NULL);
CREATE TABLE briefings (
	as_of DATETIME NOT NULL, 
	document JSON NOT NULL, 
	PRIMARY KEY (as_of)
);
INSERT INTO "briefings" VALUES('2026-02-26 22:00:00.000000','{"as_of": "2026-02-26T22:00:00+00:00", "watchlist": []}');
CREATE TABLE feeds (
	url VARCHAR NOT NULL, 
	title VARCHAR, 
	added DATETIME NOT NULL, 
	PRIMARY KEY (url)
);
INSERT INTO "feeds" VALUES('https://feeds.test/a',NULL,'2026-02-26 21:00:00.000000');
CREATE TABLE instruments (
	symbol VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	exchange VARCHAR NOT NULL, 
	calendar VARCHAR NOT NULL, 
	zone VARCHAR NOT NULL, 
	currency VARCHAR NOT NULL, 
	PRIMARY KEY (symbol)
);
INSERT INTO "instruments" VALUES('ACME','ACME Sample','equity','NasdaqGS','XNYS','America/New_York','USD');
CREATE TABLE names (
	name VARCHAR NOT NULL, 
	symbol VARCHAR NOT NULL, 
	origin VARCHAR NOT NULL, 
	PRIMARY KEY (name, symbol)
);
INSERT INTO "names" VALUES('acme sample','ACME','instrument');
CREATE TABLE quotes (
	symbol VARCHAR NOT NULL, 
	as_of DATETIME NOT NULL, 
	price FLOAT NOT NULL, 
	currency VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	previous_close FLOAT, 
	open FLOAT, 
	high FLOAT, 
	low FLOAT, 
	source VARCHAR NOT NULL, 
	fetched DATETIME NOT NULL, 
	checksum VARCHAR NOT NULL, 
	indexed_at DATETIME, 
	PRIMARY KEY (symbol, as_of)
);
INSERT INTO "quotes" VALUES('ACME','2026-02-27 21:00:00.000000',120.0,'USD','closed',119.0,118.0,121.0,117.0,'yahoo','2026-02-27 21:10:00.000000','0011223344556677',NULL);
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	started DATETIME NOT NULL, 
	report JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES(1,'2026-02-27 21:10:00.000000','{"started": "2026-02-27T21:10:00+00:00", "sources": []}');
CREATE TABLE sessions (
	calendar VARCHAR NOT NULL, 
	day DATE NOT NULL, 
	opens_at DATETIME NOT NULL, 
	closes_at DATETIME NOT NULL, 
	PRIMARY KEY (calendar, day)
);
INSERT INTO "sessions" VALUES('XNYS','2026-02-27','2026-02-27 14:30:00.000000','2026-02-27 21:00:00.000000');
CREATE TABLE sources (
	url VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	etag VARCHAR, 
	last_modified VARCHAR, 
	body_hash VARCHAR, 
	last_ok DATETIME, 
	last_error TEXT, 
	failures INTEGER NOT NULL, 
	next_poll DATETIME, 
	held_until DATETIME, 
	PRIMARY KEY (url)
);
INSERT INTO "sources" VALUES('https://feeds.test/a','news','Sample Wire',1,'"v1"',NULL,'abc','2026-02-27 21:10:00.000000',NULL,0,NULL,NULL);
CREATE TABLE watch (
	symbol VARCHAR NOT NULL, 
	added DATETIME NOT NULL, 
	PRIMARY KEY (symbol)
);
INSERT INTO "watch" VALUES('ACME','2026-02-26 21:00:00.000000');
CREATE INDEX ix_article_symbols_article ON article_symbols (article_id);
CREATE INDEX ix_articles_known_from ON articles (known_from);
CREATE INDEX ix_articles_unindexed ON articles (id) WHERE indexed_at IS NULL;
CREATE INDEX ix_bars_unindexed ON bars (symbol, day) WHERE indexed_at IS NULL;
COMMIT;
