// The desk's bundle: htmx and one module for each behaviour. All listen on the document, so that pages
// and fragments that arrive later need no set-up.
import "htmx.org";
import "./charts-loader.js";
import "./cockpit.js";
import "./copy.js";
import "./designer-loader.js";
import "./dialogs.js";
import "./flow-loader.js";
import "./forms.js";
import "./keys.js";
import "./live.js";
import "./macros.js";
import "./new-rows.js";
import "./order.js";
import "./palette.js";
import "./presence.js";
import "./progress.js";
import "./rail.js";
import "./relative-time.js";
import "./tabs.js";
import "./talk.js";
import "./theme.js";
import "./toasts.js";
import "./upload.js";
