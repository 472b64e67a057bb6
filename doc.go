// Package becket evaluates feature flags locally, out of a JSON ruleset that it downloads from any
// HTTP server.
//
// A [Client] keeps the ruleset in memory up to date, with a copy on disk and bytes that the program
// was built with to fall back on. [Client.For] gives a [View]: the flags as they are for one
// [Subject], out of one ruleset. Asking it returns a value, never an error; the detail of an
// evaluation says why.
//
//	client, err := becket.New(becket.HTTP("https://cdn.example.com/flags/production.json"), becket.WithDiskCache(dir))
//	…
//	flags := client.For(becket.NewSubject("user-42", becket.String("country", "DE")))
//	if flags.Enabled("new-checkout") { … }
//
// # Rulesets
//
// The native format is described in docs/ruleset.md. Other vendors' documents are read through a
// [Format]; those of ConfigCat and flagd are in packages below format/. Hashing decides who is in a
// share of subjects, and never changes within one version of the format.
//
// # Performance
//
// A check is an atomic load, a map look-up and what the flag's rules compare and hash: tens of
// nanoseconds. It takes no lock, does not look at the clock unless the flag has time in it, and
// allocates nothing, also when the subject is built in the call. Hooks, exposures and overrides
// cost who installs them, and nobody else.
//
// # Thread safety
//
// Clients, views, subjects, values and details are safe for concurrent use. User code (hooks,
// sinks, sources) is never called under a lock, and a panic in it is recovered, counted and
// reported.
//
// # Outages
//
// Nothing that a source does or fails to do makes a check fail, block or slow down: the last good
// ruleset stays in use for as long as it takes, and polling never ends. [Client.Status] tells how
// things stand.
package becket
