"""What pages may load for their maps."""

TILES = "https://tiles.example.org:8443/{z}/{x}/{y}.png?a=1&b=2"


async def test_no_other_host_is_named_unless_it_is_set(client):
    answer = await client.get("/explore?view=map")
    policy = answer.headers["content-security-policy"]
    assert "img-src 'self' data:;" in policy
    assert "http" not in policy
    assert "data-map-tiles" not in answer.text


async def test_the_origin_of_tiles_is_named_for_images_alone(make_client):
    async with make_client(map_tiles=TILES, map_attribution='© "Somebody" <b>') as client:
        answer = await client.get("/explore?view=map")
    policy = answer.headers["content-security-policy"]
    assert "img-src 'self' data: https://tiles.example.org:8443;" in policy
    assert policy.count("http") == 1
    assert f'data-map-tiles="{TILES.replace("&", "&amp;")}"' in answer.text
    assert "Tiles: © &#34;Somebody&#34; &lt;b&gt;</p>" in answer.text
