// Package becket evaluates feature flags locally, from a JSON ruleset that it downloads from any
// HTTP server.
//
// A [Client] keeps the ruleset in memory up to date. When the server is down, it uses a copy on
// disk or bytes that are built into the program. [Client.For] returns a [View]: the flags for one
// [Subject], all from one ruleset. Its methods return a value and never an error; the detail of an
// evaluation says why it has that value.
//
//	source := becket.HTTP("https://cdn.example.com/flags/production.json")
//	client, err := becket.New(source, becket.WithDiskCache(dir))
//	…
//	flags := client.For(becket.NewSubject("user-42", becket.String("country", "DE")))
//	if flags.Enabled("new-checkout") { … }
//
// # If you check flags
//
// Start with [View] and [NewSubject]. [View.Enabled], [View.Bool], [View.String], [View.Int],
// [View.Float] and [JSON] return the value of a flag, or the default of the call if there is no
// value; the methods whose names end in Detail return a [Detail] with the reason. In a web server,
// [Client.Middleware] puts the view into the request's context and [From] takes it out.
// [BoolFlag] and its siblings declare a flag once, and [Client.Verify] compares the declarations
// with the ruleset. [Client.Explain] shows how a decision was made. Package flagtest serves fixed
// values in tests.
//
// # If you run the client
//
// Start with [New] and the functions that return an [Option]. [HTTP], [File], [FS] and [Bytes] are
// the sources of documents. [Client.Status] reports the ruleset in use, its age and every failure;
// [Hooks] report the same as it happens, and [WithLogger] logs it. [WithExposures] sends exposures
// to a [Sink], for the evaluation of experiments. [DeliveryError] and the errors whose names begin
// with Err say what failed.
//
// Nothing that a source does makes a check fail, block or slow down: the last good ruleset stays in
// use without a time limit, and polling never ends.
//
// # If you write a format or a source
//
// A [Format] decodes documents of another vendor into [Rules]; [Result], [Variant], [Moment],
// [FlagInfo] and [RulesInfo] are the types of its methods, and [Subject.Entries] lists attributes
// in the form that formats need. Rules may also implement [Keeper], [Explainer] and
// [VariantLister]. A [Source] fetches documents. It may also implement [SignedSource], [Checker]
// and io.Closer. All of these are optional. The native format is described in docs/ruleset.md;
// packages below format/ read the documents of ConfigCat and flagd.
//
// # Performance
//
// A check is an atomic load, a look-up in a hash table, and the comparisons and hashes that the
// flag's rules need. That takes tens of nanoseconds for a flag of a few rules, and about a
// microsecond if a hundred rules do not apply before one does; docs/performance.md has the figures.
// A check takes no lock, reads the clock only for flags that depend on time, and allocates nothing,
// even if the subject is built in the call. Hooks, exposures and overrides cost nothing in a
// program that does not use them. Hashing decides which subjects are in a percentage or get a
// variant of a split, and never changes within one version of the format.
//
// # Thread safety
//
// Clients, views, subjects, values and details are safe for concurrent use. The client never calls
// the program's own code (hooks, sinks, sources) while it holds a lock, and recovers and reports a
// panic in it.
package becket
