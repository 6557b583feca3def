-- Pages of links that came without what they say, the sites they are read from, channels that links come
-- from, and examples.

-- A page that is to be read, or was. Those that waited for theirs before there was this table are added by whoever reads.
create table page_fetch (
    track_id      integer primary key references music_library on delete cascade,
    -- The site it is on: what takes turns.
    site          text not null,
    priority      integer not null,
    -- When it may be read next; null while nobody wants it read. For whoever reads it, the end of the lease.
    due_at        integer,
    -- What it is settled by: the claim that reads it.
    claim         text,
    -- How often it could not be had since it was wanted, and how often its site wanted to be left alone.
    attempts      integer not null default 0,
    postponed     integer not null default 0,
    etag          text,
    last_modified text,
    tried_at      integer,
    -- Why it could not be had; null once it was.
    failure       text
);
-- A site's next page: the most urgent that is due, and when there is one again.
create index page_fetch_urgent on page_fetch (site, priority desc, due_at) where due_at is not null;
create index page_fetch_due on page_fetch (site, due_at) where due_at is not null;
-- Those that cannot be had, newest first.
create index page_fetch_unread on page_fetch (tried_at) where failure is not null;
-- Those that are being read.
create index page_fetch_claimed on page_fetch (claim) where claim is not null;

-- A site that pages are read from: one at a time, and not too often, by all hosts together.
create table page_site (
    site        text primary key,
    -- When the next of its pages is due; null while none is.
    next_at     integer,
    -- It is left alone until then.
    rests_until integer not null default 0,
    -- Since when nothing could be had from it.
    away_since  integer
);
create index page_site_next on page_site (next_at) where next_at is not null;

-- A channel that posts are read from.
create table channel_sync (
    channel      text primary key,
    -- When it was last looked at, and whether that went well.
    last_sync_at integer,
    ok           integer not null default 1,
    error        text,
    -- When the newest post was made of a sync that came to its end; posts from before are known.
    last_cast_at integer,
    -- Where a sync that did not come to its end goes on, and its newest post so far.
    cursor       text,
    newest_at    integer,
    -- What was found in all.
    posts        integer not null default 0,
    links        integer not null default 0,
    -- Whoever syncs it has it until then; it is what they are known by, too.
    busy_until   integer not null default 0
);

-- Posts whose links were queued, so that none is counted twice; those that `last_cast_at` left behind long ago are forgotten.
create table channel_post (
    channel text not null,
    post    text not null,
    at      integer not null,
    primary key (channel, post)
) without rowid;

-- Entries that an operator corrected: examples whose answer is known.
create index music_library_corrected on music_library (id) where corrected_fields <> '[]';
