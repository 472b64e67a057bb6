package configcat_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/becketflags/becket"
)

// sha returns a hashed comparison value.
func sha(text, salt, context string) string {
	sum := sha256.Sum256([]byte(text + salt + context))
	return hex.EncodeToString(sum[:])
}

// ordinary has a flag for each ordinary kind of condition; all of them match the ordinary user.
var ordinary = func() []byte {
	conditions := map[string]string{
		"ten countries":  `{"u":{"a":"Country","c":0,"l":["FR","GB","US","CH","AT","IT","ES","NL","BE","DE"]}}`,
		"text equals":    `{"u":{"a":"Email","c":28,"s":"anna@example.com"}}`,
		"text ends":      `{"u":{"a":"Email","c":32,"l":["@example.org","@example.com"]}}`,
		"text contains":  `{"u":{"a":"Email","c":2,"l":["nobody","anna"]}}`,
		"number":         `{"u":{"a":"Age","c":15,"d":18}}`,
		"number in text": `{"u":{"a":"Score","c":14,"d":1.5}}`,
		"decimal comma":  `{"u":{"a":"Comma","c":14,"d":1.5}}`,
		"float":          `{"u":{"a":"Ratio","c":12,"d":1.5}}`,
		"version":        `{"u":{"a":"Version","c":9,"s":"2.0.0"}}`,
		"versions":       `{"u":{"a":"Version","c":4,"l":["1.0.0","2.1.0-rc.1"]}}`,
		"instant":        `{"u":{"a":"Since","c":18,"d":1700000000}}`,
		"list":           `{"u":{"a":"Roles","c":34,"l":["admin","owner"]}}`,
		"list in text":   `{"u":{"a":"RolesText","c":34,"l":["admin","owner"]}}`,
		"identifier":     `{"u":{"a":"Identifier","c":0,"l":["user-1","user-42"]}}`,
		"hashed":         fmt.Sprintf(`{"u":{"a":"Email","c":16,"l":[%q]}}`, sha("anna@example.com", "salt", "hashed")),
		"hashed slices": fmt.Sprintf(`{"u":{"a":"Email","c":24,"l":["12_%s"]}}`,
			sha("@example.com", "salt", "hashed slices")),
		"hashed list":  fmt.Sprintf(`{"u":{"a":"Roles","c":26,"l":[%q]}}`, sha("owner", "salt", "hashed list")),
		"segment":      `{"s":{"s":0,"c":0}}`,
		"prerequisite": `{"p":{"f":"ten countries","c":0,"v":{"b":true}}}`,
	}
	var flags []string
	for name, condition := range conditions {
		flags = append(flags,
			fmt.Sprintf(`%q:{"t":0,"r":[{"c":[%s],"s":{"v":{"b":true},"i":"on"}}],"v":{"b":false},"i":"off"}`,
				name, condition))
	}
	flags = append(flags,
		`"percentage":{"t":0,"p":[{"p":0,"v":{"b":false}},{"p":100,"v":{"b":true},"i":"on"}],"v":{"b":false}}`,
		`"percentage of a number":{"t":0,"a":"Age","p":[{"p":0,"v":{"b":false}},{"p":100,"v":{"b":true},"i":"on"}],"v":{"b":false}}`,
	)
	return []byte(`{"p":{"s":"salt"},"s":[{"n":"Germans","r":[{"a":"Country","c":28,"s":"DE"}]}],"f":{` +
		strings.Join(flags, ",") + `}}`)
}()

var since = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)

func ordinaryUser() becket.Subject {
	return becket.NewSubject("user-42", becket.String("Email", "anna@example.com"), becket.Int("Age", 31),
		becket.String("Score", " 1.75 "),
		becket.String("Comma", "1,75"), becket.Float("Ratio", 0.25), becket.String("Version", "2.1.0-rc.1"),
		becket.Time("Since", since),
		becket.Strings("Roles", "reader", "owner"), becket.String("RolesText", `["reader", "owner"]`),
		becket.String("Country", "DE"))
}

func TestOrdinaryConditionsAllocateNothing(t *testing.T) {
	rules := decode(t, ordinary)
	for info := range rules.Flags() {
		subject := ordinaryUser()
		result := rules.Evaluate(info.Key, becket.KindBool, &subject, nil)
		require.Nil(t, result.Err, info.Key)
		require.True(t, result.Variant.Value.Bool(), info.Key)
		assert.Zero(t,
			testing.AllocsPerRun(100, func() { result = rules.Evaluate(info.Key, becket.KindBool, &subject, nil) }),
			info.Key)
		nobody := becket.Subject{}
		assert.Zero(t,
			testing.AllocsPerRun(100, func() { result = rules.Evaluate(info.Key, becket.KindBool, &nobody, nil) }),
			info.Key)
	}
}

func TestFailuresAllocateNothing(t *testing.T) {
	rules := decode(t, []byte(`{"f":{"int":{"t":2,"v":{"i":1}},"broken":{"t":0},"bad":1}}`))
	subject := ordinaryUser()
	for _, key := range []string{"int", "broken", "bad", "absent"} {
		require.NotNil(t, rules.Evaluate(key, becket.KindBool, &subject, nil).Err)
		assert.Zero(t, testing.AllocsPerRun(100, func() { rules.Evaluate(key, becket.KindBool, &subject, nil) }), key)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	rules := decode(b, ordinary)
	for info := range rules.Flags() {
		b.Run(strings.ReplaceAll(info.Key, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			subject := ordinaryUser()
			for b.Loop() {
				rules.Evaluate(info.Key, becket.KindBool, &subject, nil)
			}
		})
	}
}

// large is a document of many flags, each with two rules.
func large(flags int) []byte {
	var b strings.Builder
	b.WriteString(`{"p":{"s":"salt"},"f":{`)
	for i := range flags {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b,
			`"flag-%d":{"t":0,"r":[{"c":[{"u":{"a":"Country","c":0,"l":["DE","AT","CH"]}}],"s":{"v":{"b":true},"i":"a%d"}},`+
				`{"c":[{"u":{"a":"Email","c":32,"l":["@example.com"]}}],"p":[{"p":50,"v":{"b":true},"i":"b%d"},{"p":50,"v":{"b":false},"i":"c%d"}]}],`+
				`"v":{"b":false},"i":"d%d"}`, i, i, i, i, i)
	}
	b.WriteString(`}}`)
	return []byte(b.String())
}

func BenchmarkDecode(b *testing.B) {
	document := large(10_000)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		decode(b, document)
	}
}
