// The explorer's behaviour: links and forms exchange the answer, and the view that is shown is drawn.
import "./address.js";
import "./panels.js";
import "./suggest.js";

const views = { timeline: "./timeline.js", map: "./map.js", network: "./network.js" };

function loadView() {
  const module = views[document.getElementById("view")?.dataset.view];
  if (module) import(module);
}

loadView();
if (document.querySelector("annals-place-map")) import("./place_map.js");
document.addEventListener("questionchange", loadView);
