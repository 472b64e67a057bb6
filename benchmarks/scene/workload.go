package scene

import "fmt"

// Kind is the kind of decision of a workload's flag.
type Kind int

// The kinds, in the order of the workloads.
const (
	Plain   Kind = iota // on for everyone
	Country             // on for the listed countries
	Rules               // ten rules of a country list and a minimal version
	Percent             // on for a share of the users
	Split               // one of three texts
	KeyList             // on for the keys of a long list
)

// Workload is one task, the same for every implementation.
type Workload struct {
	ID    string
	Title string
	Flag  string
	Kind  Kind
	// ListSize is the length of the list of a KeyList workload.
	ListSize int
	// OnlyInCall leaves out the figure with subjects built beforehand.
	OnlyInCall bool
}

// Workloads are the evaluations in the comparison. W7 to W9 use the same flags, but are measured in
// other ways.
var Workloads = []Workload{
	{ID: "W1", Title: "plain flag", Flag: "plain-flag", Kind: Plain},
	{ID: "W2", Title: "one rule, country in 10", Flag: "country-flag", Kind: Country},
	{ID: "W3", Title: "ten rules of two conditions, the last matches", Flag: "ten-rules-flag", Kind: Rules},
	{ID: "W4", Title: "20 % rollout", Flag: "rollout-flag", Kind: Percent},
	{ID: "W5", Title: "three-way split", Flag: "split-flag", Kind: Split},
	{ID: "W6a", Title: "key in a list of 10,000", Flag: "listed-flag", Kind: KeyList, ListSize: 10_000},
	{ID: "W6b", Title: "key in a list of 1,000,000", Flag: "listed-flag", Kind: KeyList, ListSize: 1_000_000},
	{ID: "W10", Title: "one rule, the subject built in every call", Flag: "country-flag", Kind: Country,
		OnlyInCall: true},
}

// Share is the percentage of users that the rollout of W4 lets in.
const Share = 20

// Arm is one arm of the split of W5. The values differ in length, so that the sum of a loop shows
// which arms it got.
type Arm struct {
	Name   string
	Weight int
}

// Arms are the arms of the split.
var Arms = []Arm{{"red", 50}, {"green", 30}, {"blue", 20}}

// Rule is one rule of W3: both conditions must hold.
type Rule struct {
	Countries []string
	Minimum   string
}

// TenRules returns the rules of W3. The first nine do not apply, in turn because of the country or
// because of the version. The last one applies to the listed countries, because every user's
// version is at least 2.1.0.
func TenRules() []Rule {
	rules := make([]Rule, 10)
	for i := range rules {
		countries := Unlisted
		if i%2 == 1 {
			countries = Listed
		}
		rules[i] = Rule{Countries: countries, Minimum: fmt.Sprintf("%d.%d.0", 8+i%2, i)}
	}
	rules[9].Minimum = "2.1.0"
	return rules
}

// Fillers are plain flags that every implementation holds beside the measured flag, so that finding
// a flag costs as much as in a real program.
func Fillers() []string {
	keys := make([]string, 60)
	for i := range keys {
		keys[i] = fmt.Sprintf("filler-flag-%02d", i)
	}
	return keys
}

// Right returns the right answer for user u as a runner adds it up: 1 for on, 0 for off. It reports
// false for rollouts and splits, because each library hashes differently and only the shares can be
// right.
func (w Workload) Right(u *User) (answer uint64, exact bool) {
	listed := false
	for _, c := range Listed {
		listed = listed || c == u.Country
	}
	switch w.Kind {
	case Plain:
		return 1, true
	case Country, Rules:
		return bit(listed), true
	case KeyList:
		return bit(u.Key < Member(w.ListSize)), true
	}
	return 0, false
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
