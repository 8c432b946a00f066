-- Whether what a run says is heard as it arrives; without a row it is.

CREATE TABLE speech (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    autoplay INTEGER NOT NULL
) STRICT;
