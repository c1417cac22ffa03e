-- Names that begin with what is looked for come first. Only so much of a name, so that no name is too long for an index.

CREATE INDEX products_listed_by_beginning ON products (left(search_text, 60) text_pattern_ops) WHERE state = 'listed';
