// Package configcat reads ConfigCat's config JSON v6 and evaluates it as ConfigCat's own SDKs do.
// It also fetches configs from ConfigCat's CDN.
//
//	client, err := becket.New(configcat.CDN(sdkKey), becket.WithFormat(configcat.V6))
//
// # Users
//
// ConfigCat's user object is a [becket.Subject]. Its Identifier is the subject's key; Email,
// Country and everything else are the attributes of exactly these names. The zero Subject stands
// for "no user". A user whose identifier is empty is a subject without a key that has at least one
// attribute; where there is no other, becket.String("Identifier", "") says so. The value of an
// attribute named Identifier never counts.
//
// # Answers
//
// The variant's name is ConfigCat's variation id, which may be empty. The reason is SPLIT where a
// percentage option decided, TARGETING_MATCH for another rule's value, and for the setting's own
// value STATIC if there is nothing else, otherwise DEFAULT. Rules are named by their place: "[0]"
// is the first. Settings must be asked for by their own type: a whole number is no decimal.
//
// # Errors
//
// A part of a document that makes no sense does no harm before an evaluation reaches it; then the
// caller's default is served with PARSE_ERROR. [becket.RulesInfo] lists such parts as warnings.
// A document is refused as a whole only if it is no JSON object, or if its settings are none.
//
// An evaluation that would take longer than about a millisecond fails with PARSE_ERROR: one of more
// than 12,000 steps, each of which is a condition, 8 items of a list, 32 bytes of text that are
// hashed or parsed, or 256 that are compared.
//
// # Performance
//
// Evaluations allocate nothing, except where a condition compares another type as text, where a
// text stands for a list and has escapes, where a text that is hashed is longer than a few hundred
// bytes, and for settings whose prerequisites are part of a cycle, or cost very much together with
// their segments. All of it is safe for concurrent use.
package configcat
