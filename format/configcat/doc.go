// Package configcat reads ConfigCat's config JSON v6 and evaluates it as ConfigCat's own SDKs do.
// It also fetches configs from ConfigCat's CDN.
//
//	client, err := becket.New(configcat.CDN(sdkKey), becket.WithFormat(configcat.V6))
//
// # Users
//
// ConfigCat's user object is a [becket.Subject]. Its Identifier is the subject's key; Email,
// Country and all other attributes have exactly these names. The zero Subject means "no user". A
// user with an empty identifier is a subject without a key and with at least one attribute. If the
// user has no other attribute, add becket.String("Identifier", ""). The value of an attribute named
// Identifier is ignored.
//
// # Answers
//
// The variant's name is ConfigCat's variation id, which may be empty. The reason is SPLIT if a
// percentage option decided, and TARGETING_MATCH for the value of another rule. For the setting's
// own value, the reason is STATIC if the setting has no rules and no options, and otherwise
// DEFAULT. Rules are named by their index: "[0]" is the first. You must ask for a setting by its
// own type: a whole number is not a decimal.
//
// # Errors
//
// An invalid part of a document has no effect until an evaluation reaches it; then the caller's
// default is served with PARSE_ERROR. [becket.RulesInfo] lists such parts as warnings. The whole
// document is refused only if it is too large or nested too deeply, if the document or its settings
// are not a JSON object, or if more than 100,000 settings are invalid.
//
// An evaluation that would take longer than about a millisecond fails with PARSE_ERROR. It may take
// 12,000 steps: a step is a condition, 8 items of a list, 32 bytes of text that are hashed or
// parsed, or 256 bytes of text that are compared.
//
// # Performance
//
// Evaluations allocate nothing, with these exceptions: a condition compares another type as text; a
// text contains a list as JSON with escapes; a text that is hashed is longer than a few hundred
// bytes; or the prerequisites of a setting form a cycle, or cost very much together with their
// segments. Everything in this package is safe for concurrent use.
package configcat
