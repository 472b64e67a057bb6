// Package rulesets holds the rulesets that the examples use: documents as a team would publish
// them. They are embedded here because an example can be started from any folder, and a file cannot
// be embedded from above its own package.
package rulesets

import "embed"

// Files holds every ruleset under its file name.
//
//go:embed *.json
var Files embed.FS

// Shop is the ruleset of a web shop.
//
//go:embed shop.json
var Shop []byte

// Rollout is a ruleset at the beginning of a rollout and of an A/B/C test.
//
//go:embed rollout.json
var Rollout []byte

// Targeting is a ruleset of rules by country, age, segment, app version and time.
//
//go:embed targeting.json
var Targeting []byte
