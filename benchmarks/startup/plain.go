package startup

import "encoding/json"

// encoding/json decodes the same file into these plain structs. They are the structs of a program
// without any library: they have exactly the fields of the file, with the same types.
type plainDocument struct {
	Schema      int                  `json:"schema"`
	Revision    int64                `json:"revision"`
	Environment string               `json:"environment"`
	Flags       map[string]plainFlag `json:"flags"`
}

type plainFlag struct {
	Description string            `json:"description"`
	Owner       string            `json:"owner"`
	Tags        []string          `json:"tags"`
	Created     string            `json:"created"`
	Enabled     bool              `json:"enabled"`
	Type        string            `json:"type"`
	Variants    map[string]string `json:"variants"`
	Off         string            `json:"off"`
	Rules       []plainRule       `json:"rules"`
	Default     plainDefault      `json:"default"`
}

type plainRule struct {
	Name    string         `json:"name"`
	If      plainCondition `json:"if"`
	Percent float64        `json:"percent"`
	Serve   string         `json:"serve"`
}

type plainCondition struct {
	Attribute string           `json:"attribute"`
	In        []string         `json:"in"`
	Semver    string           `json:"semver"`
	GTE       int              `json:"gte"`
	All       []plainCondition `json:"all"`
}

type plainDefault struct {
	Split map[string]float64 `json:"split"`
}

func decodePlain(document []byte) (plainDocument, error) {
	var d plainDocument
	err := json.Unmarshal(document, &d)
	return d, err
}
