package native

// remedy is the advice for a frequent mistake in documents. A message about the mistake ends with
// it.
type remedy struct {
	// in lists the places of the mistake; see [reader.role]
	in string

	// found lists the forms of the mistake:
	//   - the name of a field that the place does not have; capitals, "_" and "-" do not count;
	//   - "*" for any such name that is near no field of the place;
	//   - "<text>", "<number>", "<boolean>", "<array>", "<object>" or "<null>" for a value of that
	//     kind where another kind is expected;
	//   - "=" and a word for a text that is not one of the known words;
	//   - "-" and a name for a field that is missing.
	found string

	// advice says what to write. A word with a dollar sign is replaced by a part of the document;
	// see [fillIn].
	advice string
}

// remedies lists the frequent mistakes. No two of them have a place and a form in common.
var remedies = []remedy{
	// the document
	{"document", "-schema", `write "schema": 1`},
	{"document", "-flags", `write "flags": {"new-checkout": {}}`},
	{"document", "<array>", `write {"schema": 1, "flags": {"new-checkout": {}}}`},
	{"flags", "<array>", `each flag has its key as its name: write "flags": {"new-checkout": {}}`},
	{
		"segments", "<array>",
		`each segment has its key as its name: write "segments": {"staff": {"include": ["user-7"]}}`,
	},
	{"environment", "<array> <object>", `a document is for one environment: write "environment": "production"`},

	// flags
	{
		"flags.*", "percent percentage share rollout",
		`a share belongs in a rule: write "rules": [{"percent": $share, "serve": "on"}]`,
	},
	{"flags.*", "serve", `to serve a variant to everybody, write "default": $variant`},
	{
		"flags.*", "value default_value default_variant",
		`the variant for everybody else is "default": write "default": $variant`,
	},
	{"flags.*", "on active state status switch", `the switch of a flag is "enabled": write "enabled": $enabled`},
	{"flags.*", "disabled inactive archived", `the switch of a flag is "enabled": write "enabled": false`},
	{
		"flags.*", "if condition conditions when where targeting targets",
		`a condition belongs in a rule: write "rules": [{"if": $condition, "serve": "on"}]`,
	},
	{"flags.*", "all any not", `a condition belongs in a rule: write "rules": [{"if": {$name: $raw}, "serve": "on"}]`},
	{
		"flags.*", "segment segments groups group cohort",
		`a segment belongs in a rule: write "rules": [{"if": {"segment": $text}, "serve": "on"}]`,
	},
	{
		"flags.*", "users user include keys allow allowlist whitelist",
		`keys belong in a rule: write "rules": [{"if": {"attribute": "key", "in": $list}, "serve": "on"}]`,
	},
	{"flags.*", "split weights", `a split is served: write "default": {"split": $raw}`},
	{"flags.*", "ramp", `a ramp belongs in a rule: write "rules": [{"ramp": $raw, "serve": "on"}]`},
	{"flags.*", "layer", `a layer belongs in a rule: write "rules": [{"layer": $raw, "serve": "on"}]`},
	{"flags.*", "every", `a window belongs in a rule: write "rules": [{"every": $raw, "serve": "on"}]`},
	{
		"flags.*", "from start start_date",
		`a window belongs in a rule: write "rules": [{"from": $instant, "serve": "on"}]`,
	},
	{
		"flags.*", "until end end_date",
		`a window belongs in a rule: write "rules": [{"until": $instant, "serve": "on"}]`,
	},
	{
		"flags.*", "depends_on prerequisites prerequisite dependencies",
		`write "requires": [{"flag": $text, "in": ["on"]}]`,
	},
	{"flags.*", "name title", `the name of a flag is its key; for people, write "description": $text`},
	{"flags.*", "team maintainer", `write "owner": $text`},
	{"flags.*", "expiry expires_at expiration ttl", `write "expires": $date`},
	{"flags.*", "comment note notes", `write "description": $text`},
	{"flags.*", "<boolean>", `a flag is an object: write {"default": $switch}`},
	{"flags.*", "<text>", `a flag is an object: write {"default": $text}`},
	{"flags.*", "<number>", `a flag is an object: write {"rules": [{"percent": $share, "serve": "on"}]}`},
	{"flags.*", "<array>", `a flag is an object: write {"rules": [{"percent": 20, "serve": "on"}]}`},
	{"flags.*", "-default", `write "default": $text`},
	{"flags.*", "-variants", `write "variants": {"red": "#f00", "blue": "#00f"}, "default": "red"`},
	{"type", "=bool", `write "boolean"`},
	{"type", "=text =str =enum", `write "string"`},
	{"type", "=int =int64 =long", `write "integer"`},
	{"type", "=number =double =decimal =float64", `write "float"`},
	{"type", "=json =map =array =list =struct", `write "object"`},
	{"variants", "<array>", `each value needs a name: write "variants": {"red": "red", "blue": "blue"}`},
	{"variants", "<text> <boolean> <number>", `write "variants": {"red": "red", "blue": "blue"}`},
	{"off", "<boolean>", `"off" names a variant: write "off": "off", or "enabled": false to switch the flag off`},
	{"rules", "<object>", `rules are a list: write "rules": [{"percent": 20, "serve": "on"}]`},
	{"rules", "<text> <number> <boolean>", `write "rules": [{"percent": 20, "serve": "on"}]`},
	{"max_age newer_than older_than", "<number>", `a duration needs its unit: write "36h" or "7d"`},
	{"track", "<boolean>", `write "all", "splits" or "none"`},

	// requirements
	{"requires", "<text>", `write "requires": [{"flag": $text, "in": ["on"]}]`},
	{"requires", "<object>", `requirements are a list: write "requires": [{"flag": "new-checkout", "in": ["on"]}]`},
	{"requires[]", "<text>", `write {"flag": $text, "in": ["on"]}`},
	{"requires[]", "<array>", `write {"flag": "new-checkout", "in": ["on"]}`},
	{"requires[]", "key name feature", `write "flag": $text`},
	{"requires[]", "is equals == serves variant variants variation value", `write "in": $variants`},
	{"requires[]", "*", `write {"flag": $name, "in": $variants}`},
	{"requires[]", "-flag -in", `write {"flag": "new-checkout", "in": ["on"]}`},

	// rules
	{"rules[]", "percentage share rollout pct", `write "percent": $share`},
	{"rules[]", "value variant variation then result return", `write "serve": $variant`},
	{"rules[]", "segment segments group groups cohort", `write "if": {"segment": $text}`},
	{"rules[]", "flag", `write "if": {"flag": $text, "in": ["on"]}`},
	{"rules[]", "all any not", `a condition belongs in "if": write "if": {$name: $raw}`},
	{"rules[]", "and", `write "if": {"all": $conditions}`},
	{"rules[]", "or", `write "if": {"any": $conditions}`},
	{"rules[]", "condition conditions when where match targeting", `write "if": $condition`},
	{"rules[]", "users user keys key include", `write "if": {"attribute": "key", "in": $list}`},
	{"rules[]", "attribute", `a condition belongs in "if": write "if": {"attribute": $text, "in": ["DE"]}`},
	{
		"rules[]", "in not_in contains starts_with ends_with matches lt lte gt gte before " +
			"after semver cidr exists newer_than older_than",
		`an operator belongs in "if": write "if": {"attribute": "country", $name: $raw}`,
	},
	{"rules[]", "start starts begin since start_date", `write "from": $instant`},
	{"rules[]", "end ends to stop end_date", `write "until": $instant`},
	{"rules[]", "days weekdays", `write "every": {"days": $days}`},
	{"rules[]", "steps", `write "ramp": {"steps": $raw}`},
	{"rules[]", "split weights variants distribution", `write "serve": {"split": $split}`},
	{"rules[]", "hash bucket_by hash_by sticky", `write "by": $text`},
	{"rules[]", "description comment note", `write "name": $text`},
	{"rules[]", "enabled", `a rule has no switch: write "percent": 0 for a rule that nobody gets`},
	{"rules[]", "default", `write "default" beside "rules", not in a rule`},
	{"rules[]", "else otherwise", `write "default": $variant beside "rules", not in a rule`},
	{"rules[]", "*", `if it is an attribute, write "if": {"attribute": $name, "in": $list}`},
	{"rules[]", "-serve", `write "serve": "on"`},
	{"rules[]", "<text> <number> <boolean> <array>", `write {"percent": 20, "serve": "on"}`},
	{"percent", "=above", `write 100 to serve everybody`},

	// conditions
	{"condition", "equals eq is == = === equal equal_to value values one_of any_of is_one_of", `write "in": $list`},
	{"condition", "not_equals not_equal ne neq is_not != <> none_of is_not_one_of nin", `write "not_in": $list`},
	{"condition", "> greater_than greater above more_than over", `write "gt": $number`},
	{"condition", ">= greater_than_or_equal greater_or_equal ge at_least min minimum", `write "gte": $number`},
	{"condition", "< less_than less below under smaller_than", `write "lt": $number`},
	{"condition", "<= less_than_or_equal less_or_equal le at_most max maximum", `write "lte": $number`},
	{"condition", "between range", `write $range`},
	{"condition", "regex regexp pattern =~ ~ matches_regex", `write "matches": $text`},
	{"condition", "includes has substring contains_any", `write "contains": $text`},
	{"condition", "like ilike wildcard glob", `write $like`},
	{"condition", "prefix begins_with", `write "starts_with": $text`},
	{"condition", "suffix", `write "ends_with": $text`},
	{"condition", "version semver_range", `write "semver": ">=2.1.0 <3.0.0"`},
	{"condition", "ip ip_range subnet", `write "cidr": "192.0.2.0/24"`},
	{"condition", "present is_set set defined is_present not_null", `write "exists": true`},
	{"condition", "missing absent is_null not_set undefined", `write "exists": false`},
	{"condition", "since", `write "after": $instant`},
	{"condition", "until", `write "before": $instant`},
	{"condition", "case_insensitive", `write "ignore_case": true`},
	{"condition", "case_sensitive", `texts are compared with their case unless you write "ignore_case": true`},
	{"condition", "and && every", `write "all": $conditions`},
	{"condition", "or || some", `write "any": $conditions`},
	{"condition", "! none", `write "not": $condition`},
	{
		"condition", "operator op comparator comparison",
		`an operator is a field itself: write {"attribute": "country", "in": ["DE"]}`,
	},
	{"condition", "property field trait attr attribute_name name key", `write "attribute": $text`},
	{"condition", "users user keys", `write {"attribute": "key", "in": $list}`},
	{"condition", "segments group groups cohort", `write {"segment": $text}`},
	{"condition", "percent percentage rollout", `a share stands beside "if": write "percent": $share in the rule`},
	{"condition", "serve", `what is served stands beside "if": write "serve": $variant in the rule`},
	{"condition", "*", `write {"attribute": $name, "in": $list}`},
	{"condition", "<array>", `write {"all": $conditions} if all must hold, or "any" if one is enough`},
	{"condition", "<text>", `write {"segment": $text} for a segment, or {"attribute": "country", "in": ["DE"]}`},
	{"condition", "<boolean>", `a rule without "if" is for everybody: leave "if" out`},
	{"condition", "<number>", `write {"attribute": "age", "gte": $number}`},
	{"condition", "-operator", `write "in": ["DE"]`},
	{"condition", "-attribute", `write "attribute": "country" beside it`},
	{"condition", "-all", `write {"all": [{"segment": "staff"}, {"attribute": "country", "in": ["DE"]}]}`},
	{"condition", "-form", `write {"attribute": "country", "in": ["DE"]}`},
	{"condition", "-variants", `write {"flag": "new-checkout", "in": ["on"]}`},
	{"all any", "<object>", `write [$raw]`},
	{"segment", "<array> <object>", `write {"any": $segments}`},
	{"in not_in", "<object>", `write ["DE", "FR"]`},
	{"lt", "=version", `versions have an operator of their own: write "semver": "<$version"`},
	{"lte", "=version", `versions have an operator of their own: write "semver": "<=$version"`},
	{"gt", "=version", `versions have an operator of their own: write "semver": ">$version"`},
	{"gte", "=version", `versions have an operator of their own: write "semver": ">=$version"`},
	{"lt lte gt gte", "=date", `dates have operators of their own: write "after": $instant, or "before"`},

	// shares over time, layers and recurring windows
	{"ramp", "<array>", `write "ramp": {"steps": $steps}`},
	{"ramp", "<text> <number> <boolean>", `write "ramp": {"steps": [{"at": "2026-12-01T00:00:00Z", "percent": 10}]}`},
	{"ramp", "*", `write "steps": [{"at": "2026-12-01T00:00:00Z", "percent": 10}]`},
	{"ramp", "-steps", `write "steps": [{"at": "2026-12-01T00:00:00Z", "percent": 10}]`},
	{"steps", "<object>", `steps are a list: write [{"at": "2026-12-01T00:00:00Z", "percent": 10}]`},
	{"steps[]", "from date time start when day", `write "at": $instant`},
	{"steps[]", "percentage share to value rollout", `write "percent": $share`},
	{"steps[]", "-at -percent", `write {"at": "2026-12-01T00:00:00Z", "percent": 10}`},
	{"steps[]", "-order", `put the step with the earlier "at" first`},
	{"steps[]", "<array> <number> <text>", `write {"at": "2026-12-01T00:00:00Z", "percent": 10}`},
	{"layer", "<text>", `write "layer": {"name": $text, "from": 0, "to": 50}`},
	{"layer", "<array> <number> <boolean>", `write "layer": {"name": "checkout-page", "from": 0, "to": 50}`},
	{"layer", "key id layer", `write "name": $text`},
	{"layer", "until end", `write "to": $share`},
	{"layer", "*", `write "layer": {"name": $name, "from": 0, "to": 50}`},
	{"layer", "-name -from -to", `write {"name": "checkout-page", "from": 0, "to": 50}`},
	{"every", "<text> <array>", `write "every": {"days": $days}`},
	{"every", "day weekdays weekday", `write "days": $days`},
	{"every", "time_zone tz", `write "zone": $text`},
	{"every", "start", `write "from": $clock`},
	{"every", "end to", `write "until": $clock`},
	{"days", "<text>", `write $days`},
	{"zone", "=unknown", `zones have names such as "Europe/Berlin"`},
	{"instant", "<number>", `write "2026-12-01T00:00:00Z"`},

	// serving
	{"serve", "<boolean>", `a variant is served by its name: write $switch`},
	{"serve", "<number>", `a variant is served by its name: write "on"`},
	{"serve", "<array>", `write {"split": {"on": 50, "off": 50}}`},
	{"serve", "serve variant value", `a variant is served by its name alone: write $variant`},
	{"serve", "percent percentage", `write "percent": $share in the rule, beside "serve"`},
	{"serve", "*", `to share subjects out, write {"split": {$name: $weight}} with all arms in it`},
	{"split", "<array>", `write "split": {"red": 50, "blue": 50}`},

	// segments
	{"segments.*", "users user members keys user_ids ids subjects", `write "include": $list`},
	{"segments.*", "emails email", `write "if": {"attribute": "email", "in": $list}`},
	{"segments.*", "all any not", `write "if": {$name: $raw}`},
	{"segments.*", "attribute", `a condition belongs in "if": write "if": {"attribute": $text, "in": ["DE"]}`},
	{"segments.*", "rules condition conditions when where match", `write "if": $condition`},
	{"segments.*", "name title comment", `write "description": $text`},
	{"segments.*", "<array>", `write {"include": $list}`},
	{"segments.*", "<text>", `write {"include": $list}`},
	{"segments.*", "*", `if it is an attribute, write "if": {"attribute": $name, "in": $list}`},
}
